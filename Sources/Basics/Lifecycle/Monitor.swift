public import Glibc
internal import Time

/// State behind a lock, with a way to wait for it to change; `Mutex` has no such wait.
///
/// A pthread mutex and condition, pthread_cond_timedwait(3) on the monotonic clock. Its functions are inlined into the rooms
/// that use it, because some of them take the lock for every delivery.
public final class Monitor<State>: @unchecked Sendable {
    // @unchecked: the state is touched only while the mutex is held.
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>
    @usableFromInline var state: State
    /// Runs instead of each wait, for tests that do the other threads' work themselves.
    ///
    /// Set it before anybody waits.
    public var insteadOfWaiting: (() -> Void)?

    /// Puts a state behind a lock.
    public init(_ state: sending State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs a body while the lock is held.
    @inlinable public func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Runs a body under the lock again and again, with a wait for `signal` in between, until it gives a result.
    ///
    /// The body is left before each wait, so that it never holds the state while others change it.
    ///
    /// - Parameter longestWait: the body runs again after this time without a signal.
    @inlinable public func untilReady<Result>(
        longestWait: @autoclosure () -> Duration = .seconds(1),
        _ body: (inout State) throws -> Result?
    ) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = try body(&state) { return result }
            if let insteadOfWaiting {
                pthread_mutex_unlock(mutex)
                insteadOfWaiting()
                pthread_mutex_lock(mutex)
            } else {
                wait(atMost: max(.microseconds(1), longestWait()))
            }
        }
    }

    @usableFromInline func wait(atMost duration: Duration) {
        // About 30 years, so that the sum cannot overflow.
        let duration = min(duration, .seconds(1_000_000_000))
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let nanoseconds = Int(until.tv_nsec) + Int(duration.microseconds % 1_000_000) * 1_000
        until.tv_sec += Int(duration.microseconds / 1_000_000) + nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        pthread_cond_timedwait(condition, mutex, &until)
    }

    /// Wakes every waiter.
    @inlinable public func signal() { pthread_cond_broadcast(condition) }
}
