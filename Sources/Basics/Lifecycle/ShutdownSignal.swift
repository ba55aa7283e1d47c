internal import Synchronization
internal import Time

/// A request to stop, made once, seen by everyone who holds it.
///
/// Whoever blocks in a call of its own (a socket, a queue) registers with `onRequest` to be woken; whoever only
/// sleeps between steps waits here.
public final class ShutdownSignal: Sendable {
    private struct State {
        var handlers: [@Sendable () -> Void] = []
        var since: Stopwatch?
    }

    private let requested = Atomic<Bool>(false)
    private let state = Monitor(State())

    /// Makes a signal that nobody has requested yet.
    public init() {}

    /// Whether stopping has been requested; never goes back to false.
    public var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// Whether stopping was requested at least so long ago, for what may still be finished.
    public func isRequested(for duration: Duration) -> Bool {
        isRequested && state.withLock { $0.since.map { $0.elapsed >= duration } ?? false }
    }

    /// Requests the stop; only the first call does anything.
    ///
    /// Calls the registered handlers on this thread, in order, then returns; waiters are woken before that.
    /// Not for signal handlers: it takes locks.
    public func request() {
        let handlers: [@Sendable () -> Void] = state.withLock { state in
            guard !requested.exchange(true, ordering: .acquiringAndReleasing) else { return [] }
            state.since = Stopwatch()
            defer { state.handlers = [] }
            return state.handlers
        }
        state.signal()
        for handler in handlers { handler() }
    }

    /// Waits until the stop is requested or the time is up, and returns whether it is requested.
    @discardableResult
    public func wait(for duration: Duration) -> Bool {
        if isRequested { return true }
        let watch = Stopwatch()
        return state.untilReady(longestWait: duration - watch.elapsed) { _ in
            isRequested ? true : watch.elapsed >= duration ? false : nil
        }
    }

    /// Calls a function once, when the stop is requested; at once, on this thread, if it already is.
    ///
    /// The function must be quick, and must not wait for the thread that requests.
    public func onRequest(_ handler: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if isRequested { return true }
            state.handlers.append(handler)
            return false
        }
        if isLate { handler() }
    }
}
