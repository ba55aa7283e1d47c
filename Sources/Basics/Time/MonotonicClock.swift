internal import Glibc
internal import Synchronization

/// A point in monotonic time: it never steps, whatever happens to the wall clock, and means nothing outside this process.
///
/// For waits, deadlines, back-off and timeouts. `Timestamp` is for times that are written down.
public struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since an unnamed start.
    private let nanoseconds: Int64

    private init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Makes the point that lies a duration after the unnamed start; clamped where it does not fit.
    public init(sinceStart duration: Duration) {
        nanoseconds = duration.saturatedNanoseconds
    }

    /// Before any other point.
    public static let distantPast = MonotonicTime(nanoseconds: .min)
    /// After any other point.
    public static let distantFuture = MonotonicTime(nanoseconds: .max)

    /// Whether `a` comes first.
    public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The point that lies a duration later; clamped to `distantPast` and `distantFuture`, and those stay where they are.
    public static func + (a: MonotonicTime, b: Duration) -> MonotonicTime {
        if a == .distantPast || a == .distantFuture { return a }
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.saturatedNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? (b < .zero ? .min : .max) : sum)
    }

    /// The time from `b` to `a`, negative where `a` comes first; clamped to about 292 years.
    public static func - (a: MonotonicTime, b: MonotonicTime) -> Duration {
        let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return .nanoseconds(overflow ? (a < b ? Int64.min : .max) : difference)
    }
}

/// A source of monotonic time, handed in so that tests own it.
public struct MonotonicClock: Sendable {
    private let read: @Sendable () -> MonotonicTime

    /// Makes a clock from a function whose results never decrease; it is called from any thread.
    public init(_ read: @escaping @Sendable () -> MonotonicTime) {
        self.read = read
    }

    /// The time now.
    public var now: MonotonicTime { read() }

    /// The machine's own: `clock_gettime(CLOCK_MONOTONIC)`, clock_gettime(2); it stands still while the machine sleeps.
    public static let system = MonotonicClock {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(sinceStart: .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec)))
    }
}

/// A monotonic clock that stands still until it is advanced: for tests.
public final class ManualMonotonicClock: Sendable {
    private let time = Mutex(MonotonicTime(sinceStart: .zero))

    /// Makes a clock that stands at its start.
    public init() {}

    /// The clock to hand in.
    public var clock: MonotonicClock { MonotonicClock { self.time.withLock { $0 } } }

    /// Moves the clock on; a negative duration changes nothing.
    public func advance(by duration: Duration) {
        time.withLock { $0 = $0 + max(.zero, duration) }
    }
}

/// The end of what a wait or a call may take, in monotonic time.
public struct Deadline: Hashable, Sendable {
    /// When it is reached.
    public let time: MonotonicTime

    /// Makes a deadline at a point in time.
    public init(_ time: MonotonicTime) {
        self.time = time
    }

    /// Makes a deadline that lies a duration ahead.
    public init(after duration: Duration, on clock: MonotonicClock = .system) {
        time = clock.now + duration
    }

    /// Never reached.
    public static let never = Deadline(.distantFuture)

    /// What is left until it; zero once it is reached.
    public func left(at now: MonotonicTime) -> Duration { max(.zero, time - now) }

    /// Whether it is reached.
    public func isReached(at now: MonotonicTime) -> Bool { now >= time }

    /// The earlier of two.
    public func orEarlier(_ other: Deadline) -> Deadline { time <= other.time ? self : other }
}

extension Duration {
    /// Whole nanoseconds, clamped to what 64 bits hold.
    fileprivate var saturatedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, isTooLong) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLong ? (seconds < 0 ? .min : .max) : sum
    }
}
