/// Waits that double with each failure, up to a cap, between half and all of it by chance.
///
/// | failures before | 0 | 1 | 2 | 3 | … |
/// |---|---|---|---|---|---|
/// | `Backoff(first: .seconds(1), longest: .seconds(60))` | 0.5–1 s | 1–2 s | 2–4 s | 4–8 s | at most 60 s |
public struct Backoff: Sendable, Hashable {
    /// The first wait at its longest.
    public let first: Duration
    /// No wait is longer.
    public let longest: Duration

    /// Makes waits from a first to a longest one.
    public init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// For what may pass by itself: 1 s to a minute.
    public static let passing = Backoff(first: .seconds(1), longest: .seconds(60))
    /// For what somebody has to put right: 5 s to five minutes.
    public static let operatorNeeded = Backoff(first: .seconds(5), longest: .seconds(300))

    /// The waits that fit a failure.
    public static func fitting(_ cause: FailureCause) -> Backoff {
        cause.kind == .operatorNeeded ? operatorNeeded : passing
    }

    /// How long to wait after a number of failures in a row.
    ///
    /// - Parameters:
    ///   - failures: those before this one, 0 for the first.
    ///   - chance: 0 ..< 1.
    public func wait(after failures: Int, chance: Double) -> Duration {
        // The cap comes before the doubling can overflow.
        let doubled = failures < 30 ? min(longest, first * (1 << max(0, failures))) : longest
        return doubled * (0.5 + min(max(chance, 0), 1) / 2)
    }
}
