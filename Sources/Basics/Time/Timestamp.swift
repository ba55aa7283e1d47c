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

    /// Whole milliseconds since 1970 UTC, rounded down.
    public var milliseconds: Int64 {
        rawValue >= 0 ? rawValue / 1_000 : -((-rawValue + 999) / 1_000)
    }

    /// Whole seconds since 1970 UTC, rounded down.
    public var seconds: Int64 {
        rawValue >= 0 ? rawValue / 1_000_000 : -((-rawValue + 999_999) / 1_000_000)
    }

    /// Whether `a` comes first.
    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.rawValue < b.rawValue
    }

    /// The point that lies a duration later; parts of a microsecond are cut off.
    public static func + (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(rawValue: a.rawValue + b.microseconds)
    }

    /// The point that lies a duration earlier; parts of a microsecond are cut off.
    public static func - (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(rawValue: a.rawValue - b.microseconds)
    }

    /// The time from `b` to `a`, negative where `a` comes first.
    public static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.rawValue - b.rawValue)
    }
}

extension Duration {
    /// Whole microseconds, cut off towards zero.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// Seconds as a floating-point number, for rates and for people.
    public var asSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
