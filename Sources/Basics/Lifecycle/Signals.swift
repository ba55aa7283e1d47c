internal import Glibc
internal import Synchronization

/// Turns the process's signals into requests to stop.
public enum Signals {
    /// How close together two signals count as one: `timeout` and terminals may send the same one twice at once.
    public static let sameSignalWindow: Duration = .milliseconds(200)

    /// The exit status of a process that a second signal ended at once.
    public static let impatientExitStatus: CInt = 130

    /// Requests a shutdown when one of the signals arrives; a second signal ends the process at once with 130.
    ///
    /// Works for signals delivered to any thread, whenever it was started. Holds until the registration is cancelled.
    ///
    /// - Returns: the registration; it may be dropped, and then holds for the life of the process.
    @discardableResult
    public static func requestOn(_ signals: [CInt], _ shutdown: ShutdownSignal) -> SignalRegistration {
        SignalRegistration(signals, shutdown)
    }
}

/// A standing order that some signals request a shutdown.
public final class SignalRegistration: Sendable {
    private struct Entry {
        let signals: [CInt]
        let shutdown: ShutdownSignal
    }

    private struct Registry {
        var nextID = 0
        var entries: [Int: Entry] = [:]
        var isWatching = false
        var previous: [CInt: sigaction] = [:]
    }

    private static let registry = Mutex(Registry())
    private let id: Int

    fileprivate init(_ signals: [CInt], _ shutdown: ShutdownSignal) {
        id = Self.registry.withLock { registry in
            let id = registry.nextID
            registry.nextID += 1
            if registry.entries.isEmpty { SignalPipe.firstArrival.store(0, ordering: .relaxed) }
            registry.entries[id] = Entry(signals: signals, shutdown: shutdown)
            if !registry.isWatching { registry.isWatching = Self.startWatching() }
            for signal in signals where registry.previous[signal] == nil {
                registry.previous[signal] = SignalPipe.install(signal)
            }
            return id
        }
    }

    /// Ends the order; signals that nobody else has registered for do again what they did before.
    public func cancel() {
        Self.registry.withLock { registry in
            guard let entry = registry.entries.removeValue(forKey: id) else { return }
            for signal in entry.signals where !registry.entries.values.contains(where: { $0.signals.contains(signal) })
            {
                guard var previous = registry.previous.removeValue(forKey: signal) else { continue }
                sigaction(signal, &previous, nil)
            }
        }
    }

    private static func startWatching() -> Bool {
        guard let readEnd = SignalPipe.open() else { return false }
        let thread = try? WorkerThread(name: "signals", stackByteCount: 512 << 10) {
            var number: UInt8 = 0
            while true {
                let count = read(readEnd, &number, 1)
                if count == 1 { deliver(CInt(number)) } else if count == 0 || errno != EINTR { return }
            }
        }
        return thread != nil
    }

    private static func deliver(_ signal: CInt) {
        let due = registry.withLock { registry in
            registry.entries.sorted { $0.key < $1.key }.map(\.value).filter { $0.signals.contains(signal) }
        }
        for entry in due { entry.shutdown.request() }
    }
}

/// The part that runs inside the handler: only atomics, clock_gettime, write and _exit, see signal-safety(7).
private enum SignalPipe {
    static let writeEnd = Atomic<CInt>(-1)
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

    /// Installs the handler and returns what was there before.
    static func install(_ signal: CInt) -> sigaction {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            let savedErrno = errno
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let now = Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
            let first = SignalPipe.firstArrival.compareExchange(
                expected: 0,
                desired: now,
                ordering: .acquiringAndReleasing
            )
            if first.exchanged {
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalPipe.writeEnd.load(ordering: .acquiring), &byte, 1)
            } else if now - first.original > 200_000_000 {
                _exit(130)
            }
            errno = savedErrno
        }
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
