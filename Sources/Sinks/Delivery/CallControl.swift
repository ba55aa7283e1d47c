public import HTTPClient
internal import Synchronization

/// Ends the calls of one connection from another thread.
public final class CallControl: Sendable {
    /// Wakes a request that waits for the network, so that it sees the cancellation at once.
    public let waker = StreamWaker()
    private let cancelled = Atomic<Bool>(false)

    /// Makes a control that lets calls run.
    public init() {}

    /// Whether the call under way, and each later one, has to end; never goes back to false.
    public var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Ends the call under way within milliseconds, whatever it waits for; from any thread.
    public func cancel() {
        cancelled.store(true, ordering: .releasing)
        waker.wake()
    }
}
