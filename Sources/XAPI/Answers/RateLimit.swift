public import HTTPClient
public import Time

/// The three `x-rate-limit-…` fields of an answer.
public struct RateLimit: Sendable, Hashable {
    /// Requests per window.
    public var limit: Int?
    /// Requests left in this window.
    public var remaining: Int?
    /// When the next window begins, in whole seconds.
    public var reset: Timestamp?

    /// Makes a rate limit from its parts.
    public init(limit: Int? = nil, remaining: Int? = nil, reset: Timestamp? = nil) {
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }

    /// Reads the fields of a head; what is missing or no number stays nil.
    public init(_ head: HTTPHead) {
        limit = head.header("x-rate-limit-limit").flatMap { Int($0) }
        remaining = head.header("x-rate-limit-remaining").flatMap { Int($0) }
        reset = head.header("x-rate-limit-reset").flatMap { Int64($0) }
            .flatMap { (0...253_402_300_799).contains($0) ? Timestamp(microseconds: $0 * 1_000_000) : nil }
    }
}
