internal import Synchronization
internal import Time

/// A request to stop, made once, seen by everyone who holds it.
///
/// Whoever blocks in a call of its own (a socket, a queue) registers with `onRequest` to be woken; whoever only
/// sleeps between steps waits here.
public final class ShutdownSignal: Sendable {
    private struct State {
        /// In the order in which they came.
        var handlers: [(number: Int, call: @Sendable () -> Void)] = []
        var lastNumber = 0
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
        let handlers = state.withLock { state -> [(number: Int, call: @Sendable () -> Void)] in
            guard !requested.exchange(true, ordering: .acquiringAndReleasing) else { return [] }
            state.since = Stopwatch()
            defer { state.handlers = [] }
            return state.handlers
        }
        state.signal()
        for handler in handlers { handler.call() }
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
    /// The function must be quick, and must not wait for the thread that requests. It is forgotten as soon as the result is
    /// released, so that what is opened again and again leaves nothing behind.
    public func onRequest(_ handler: @escaping @Sendable () -> Void) -> ShutdownHandler {
        let number = state.withLock { state -> Int? in
            if isRequested { return nil }
            state.lastNumber += 1
            state.handlers.append((state.lastNumber, handler))
            return state.lastNumber
        }
        if number == nil { handler() }
        return ShutdownHandler(self, number)
    }

    fileprivate func forget(_ number: Int) {
        // Released outside the lock: it may own what registers or forgets in turn.
        _ = state.withLock { state in
            state.handlers.firstIndex { $0.number == number }.map { state.handlers.remove(at: $0) }
        }
    }
}

/// A function that a `ShutdownSignal` calls for as long as this is kept.
public final class ShutdownHandler: Sendable {
    private let signal: ShutdownSignal
    /// Nil where the function was called at once.
    private let number: Int?

    fileprivate init(_ signal: ShutdownSignal, _ number: Int?) {
        (self.signal, self.number) = (signal, number)
    }

    deinit { if let number { signal.forget(number) } }
}
