import Synchronization

/// A hook that counts, and looks whether the sink has the bytes already.
final class ByteCounter: Sendable {
    private let state = Mutex((total: 0, isAhead: true))
    private let sink: MemorySink

    init(_ sink: MemorySink) {
        self.sink = sink
    }

    func count(_ count: Int) {
        let appended = sink.byteCount
        state.withLock {
            if appended != $0.total { $0.isAhead = false }
            $0.total += count
        }
    }

    var total: Int { state.withLock { $0.total } }
    var wasAlwaysAhead: Bool { state.withLock { $0.isAhead } }
}
