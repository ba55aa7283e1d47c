import Failures
import Synchronization
import TestSupport
import Time
import Transform

@testable import Sinks

/// A remote sink whose calls are a closure.
final class FakeSink: RemoteSink {
    let kind = SinkKind.upsert
    let identity = "fake:1"
    let name = "fake:sink"
    let batchDocumentLimit = 100
    let batchByteLimit = 10_000
    private let body: @Sendable (Int, CallControl) -> CallResult

    /// - Parameter body: gets the number of documents, and what ends the call; runs on a delivery thread.
    init(_ body: @escaping @Sendable (_ documents: Int, _ control: CallControl) -> CallResult) { self.body = body }

    func makeCaller() -> any DocumentCaller { Caller(body) }

    private final class Caller: DocumentCaller {
        private let body: @Sendable (Int, CallControl) -> CallResult

        init(_ body: @escaping @Sendable (Int, CallControl) -> CallResult) { self.body = body }

        func call(_ batch: DocumentBatch, _ documents: [Int32], _ control: CallControl) -> CallResult {
            body(documents.count, control)
        }
    }

    /// A call that nobody answers, until it is cancelled.
    static func hang(_ control: CallControl) -> CallResult {
        while !control.isCancelled { sleepMilliseconds(5) }
        return .failed(.network, reason: "cancelled")
    }

    /// A call whose documents are all taken.
    static func accept(_ documents: Int) -> CallResult {
        .outcomes(Array(repeating: .accepted, count: documents))
    }
}

/// How long something takes, and what it throws.
func timed(_ body: () throws -> Void) -> (elapsed: Duration, error: SinkError?) {
    let watch = Stopwatch()
    do {
        try body()
        return (watch.elapsed, nil)
    } catch {
        return (watch.elapsed, error as? SinkError)
    }
}
