public import HTTPClient
public import Time

/// The three `x-rate-limit-…` fields of a response.
public struct RateLimit: Sendable, Hashable {
    /// Requests per window.
    public var limit: Int?
    /// Requests left in this window.
    public var remaining: Int?
    /// When the next window begins, by this process's monotonic clock.
    public var reset: MonotonicTime?

    /// Makes a rate limit from its parts.
    public init(limit: Int? = nil, remaining: Int? = nil, reset: MonotonicTime? = nil) {
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }

    /// Reads the fields of a head; a missing field, or one that is not a number, stays nil.
    ///
    /// X names the reset in wall-clock time. It becomes a point in monotonic time here, once, so that no step of a wall
    /// clock moves it; X's own `Date` tells X's time, and this machine's clock stands in where that field is missing.
    ///
    /// - Parameters:
    ///   - wall: this machine's time when the head came.
    ///   - monotonic: the monotonic time when the head came.
    public init(_ head: HTTPHead, wall: Timestamp, monotonic: MonotonicTime) {
        limit = head.header("x-rate-limit-limit").flatMap { Int($0) }
        remaining = head.header("x-rate-limit-remaining").flatMap { Int($0) }
        guard let seconds = head.header("x-rate-limit-reset").flatMap({ Int64($0) }),
            (0...253_402_300_799).contains(seconds)
        else { return }
        let now = head.header("date").flatMap { HTTPDate.timestamp($0) } ?? wall
        reset = monotonic + (Timestamp(microseconds: seconds * 1_000_000) - now)
    }
}
