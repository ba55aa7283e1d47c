internal import Glibc
internal import Synchronization

/// The part that runs inside the handler: only atomics, clock_gettime, write and _exit, see signal-safety(7).
enum SignalPipe {
    private static let writeEnd = Atomic<CInt>(-1)
    /// Monotone nanoseconds at the first signal since somebody registered; 0 before it.
    static let firstArrival = Atomic<Int>(0)

    static func open() -> CInt? {
        // Both globals are made here, before any handler can run, so that the handler never runs an initialiser.
        _ = firstArrival.load(ordering: .relaxed)
        var ends: (CInt, CInt) = (-1, -1)
        let status = withUnsafeMutableBytes(of: &ends) { pipe($0.baseAddress?.assumingMemoryBound(to: CInt.self)) }
        guard status == 0 else { return nil }
        _ = fcntl(ends.0, F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends.1, F_SETFD, FD_CLOEXEC)
        writeEnd.store(ends.1, ordering: .releasing)
        return ends.0
    }

    /// Installs the handler of a signal that ends the process at once when it comes a second time; returns the one before.
    static func install(_ signal: CInt) -> sigaction {
        handle(signal) { number in
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let now = Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
            let first = SignalPipe.firstArrival.compareExchange(
                expected: 0,
                desired: now,
                ordering: .acquiringAndReleasing
            )
            if first.exchanged {
                SignalPipe.forward(number)
            } else if now - first.original > 200_000_000 {
                _exit(130)
            }
        }
    }

    /// Hands a signal to the watching thread; for handlers.
    static func forward(_ number: CInt) {
        let savedErrno = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writeEnd.load(ordering: .acquiring), &byte, 1)
        errno = savedErrno
    }

    /// Installs a handler and returns the one before.
    @discardableResult
    static func handle(_ signal: CInt, _ handler: @escaping @convention(c) (CInt) -> Void) -> sigaction {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigfillset(&action.sa_mask)
        action.sa_flags = SA_RESTART
        var previous = sigaction()
        sigaction(signal, &action, &previous)
        // A parent may have left the signal blocked, and then nobody would ever see it. Only now, because one that
        // came meanwhile is delivered with this call.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, signal)
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
        return previous
    }
}
