import Synchronization
import TestSupport
import Transform

@testable import Sinks

/// Changes what connections through a proxy suffer, a dozen times a second, by seed, until it is stopped.
final class WireWeather: Sendable {
    private let shared: Shared
    private let thread: TestThread

    private final class Shared: Sendable {
        let isOver = Mutex(false)
        let trouble = Mutex<(any Error)?>(nil)
    }

    init(over proxy: Toxiproxy, seed: UInt64) {
        let shared = Shared()
        self.shared = shared
        thread = startThread {
            var random = SeededRandom(seed: seed)
            do {
                var kinds: [Int] = []
                while !shared.isOver.withLock({ $0 }) {
                    // Every kind comes around.
                    if kinds.isEmpty { kinds = (0..<9).shuffled(using: &random) }
                    try WireWeather.step(kinds.removeLast(), proxy, &random)
                }
            } catch { shared.trouble.withLock { $0 = error } }
        }
    }

    /// Ends it, in fair weather.
    func stop() {
        let wasOver = shared.isOver.withLock { isOver in
            defer { isOver = true }
            return isOver
        }
        if !wasOver { thread.join(seconds: 60) }
    }

    /// What hindered it; nil where nothing did.
    var trouble: (any Error)? { shared.trouble.withLock { $0 } }

    /// About three connections in ten get it.
    private static func step(_ kind: Int, _ proxy: Toxiproxy, _ random: inout SeededRandom) throws {
        var pause = Int.random(in: 40...120, using: &random)
        let isDownstream = Bool.random(using: &random)
        let toxic: Toxiproxy.Toxic?
        switch kind {
        case 0, 1: toxic = .init("reset_peer", ["timeout": Int.random(in: 0...20, using: &random)])
        case 2:
            // Longer than the client has patience: a stalled connection is closed with the end of the fault.
            pause = 500
            toxic = .init("timeout", ["timeout": 0], isDownstream: isDownstream)
        case 3, 4:
            toxic = .init(
                "limit_data",
                ["bytes": Int.random(in: 1...3_000, using: &random)],
                isDownstream: isDownstream
            )
        case 5:
            toxic = .init(
                "slicer",
                ["average_size": 60, "size_variation": 50, "delay": 300],
                isDownstream: isDownstream
            )
        case 6: toxic = .init("latency", ["latency": 60, "jitter": 50], isDownstream: isDownstream)
        case 7: toxic = .init("bandwidth", ["rate": 20], isDownstream: isDownstream)
        default: toxic = nil
        }
        if let toxic {
            try proxy.add(toxic, chance: 0.3)
            sleepMilliseconds(pause)
            try proxy.removeToxic()
        } else {
            try proxy.setEnabled(false)
            sleepMilliseconds(pause)
            try proxy.setEnabled(true)
        }
    }
}

/// A sink that counts how its calls fail.
final class WatchedSink: RemoteSink {
    private let sink: SearchSink
    private let failed = Mutex<[String: Int]>([:])

    init(_ sink: SearchSink) { self.sink = sink }

    /// Calls that came to nothing, by what went wrong.
    var failures: [String: Int] { failed.withLock { $0 } }

    var kind: SinkKind { sink.kind }
    var identity: String { sink.identity }
    var name: String { sink.name }
    var batchDocumentLimit: Int { sink.batchDocumentLimit }
    var batchByteLimit: Int { sink.batchByteLimit }

    func makeCaller() throws -> any DocumentCaller { Caller(try sink.makeCaller(), self) }

    private final class Caller: DocumentCaller {
        private let caller: any DocumentCaller
        private let sink: WatchedSink

        init(_ caller: any DocumentCaller, _ sink: WatchedSink) {
            self.caller = caller
            self.sink = sink
        }

        func call(_ batch: DocumentBatch, _ documents: [Int32], _ control: CallControl) -> CallResult {
            let result = caller.call(batch, documents, control)
            switch result {
            case .failed(_, let reason, _):
                // Without addresses and counts.
                let words = reason.split(separator: " ").filter { !$0.contains { $0.isNumber } }.joined(separator: " ")
                sink.failed.withLock { $0[words, default: 0] += 1 }
            default: break
            }
            return result
        }
    }
}
