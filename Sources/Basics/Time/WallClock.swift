internal import Glibc
internal import Synchronization

/// A source of wall-clock time, handed in so that tests own it.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    /// Makes a clock from a function; it is called from any thread.
    public init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    /// The time now.
    public var now: Timestamp { read() }

    /// The machine's own clock: `clock_gettime(CLOCK_REALTIME)`, clock_gettime(2).
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(rawValue: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// A clock that stands still until it is set: for tests.
public final class ManualClock: Sendable {
    private let time: Mutex<Timestamp>

    /// Makes a clock that shows the given time.
    public init(_ start: Timestamp) {
        time = Mutex(start)
    }

    /// The clock to hand in.
    public var clock: WallClock { WallClock { self.time.withLock { $0 } } }

    /// Moves the clock on by a duration, backwards where it is negative.
    public func advance(by duration: Duration) {
        time.withLock { $0 = $0 + duration }
    }

    /// Sets the clock.
    public func set(_ timestamp: Timestamp) {
        time.withLock { $0 = timestamp }
    }
}

/// Monotone time since an unnamed start, for measuring and waiting; it never steps.
public struct Stopwatch: Sendable {
    private let start: ContinuousClock.Instant

    /// Starts measuring.
    public init() {
        start = ContinuousClock.now
    }

    /// The time since the start.
    public var elapsed: Duration { ContinuousClock.now - start }
}
