internal import Numbers

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Every time that Reprise stores or compares has this unit; milliseconds and text are made from it at the edges.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    /// Microseconds since 1970 UTC; negative before it.
    public let rawValue: Int64

    /// Makes the point that many microseconds after 1970 UTC.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Makes the point that many microseconds after 1970 UTC.
    public init(microseconds: Int64) {
        rawValue = microseconds
    }

    /// Makes the point that many milliseconds after 1970 UTC; clamped to what microseconds can say.
    public init(milliseconds: Int64) {
        rawValue = milliseconds.saturatingMultiply(by: 1_000)
    }

    /// Whole milliseconds since 1970 UTC, rounded down.
    public var milliseconds: Int64 { rawValue.floorDivided(by: 1_000) }

    /// Whole seconds since 1970 UTC, rounded down.
    public var seconds: Int64 { rawValue.floorDivided(by: 1_000_000) }

    /// Whether `a` comes first.
    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.rawValue < b.rawValue
    }

    /// The point that lies a duration later; parts of a microsecond are cut off, and the ends of time are not passed.
    public static func + (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(rawValue: a.rawValue.saturatingAdd(b.microseconds))
    }

    /// The point that lies a duration earlier; parts of a microsecond are cut off, and the ends of time are not passed.
    public static func - (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(rawValue: a.rawValue.saturatingSubtract(b.microseconds))
    }

    /// The time from `b` to `a`, negative where `a` comes first; clamped to about 292,000 years.
    public static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.rawValue.saturatingSubtract(b.rawValue))
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; the divisor is more than 1.
    func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
