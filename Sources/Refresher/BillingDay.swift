public import Time

/// X's billing days: a post that was delivered on a day costs nothing more until it ends, at midnight UTC by X's clock.
public struct BillingDay: Sendable, Equatable {
    /// Whether X bills a post once a day, however often it is read.
    public enum Rule: String, Sendable {
        /// Once for each UTC day; soft, in X's words.
        case utcDay = "utc-day"
        /// Each time.
        case none
    }

    /// The time by X's clock.
    public let now: Timestamp
    /// The rule in force.
    public let rule: Rule

    /// Around midnight nobody knows on which of two days X bills a request, so that none leaves.
    static let margin = Duration.seconds(60)
    /// Reads due so soon after midnight are made before it, where they cost nothing.
    static let early = Duration.seconds(3_600)

    /// Makes the day of a time.
    public init(now: Timestamp, rule: Rule) {
        self.now = now
        self.rule = rule
    }

    /// When the day began.
    public var start: Timestamp { now.startOfDay }
    /// When it ends.
    public var end: Timestamp { start + .seconds(86_400) }
    /// Its number: days since 1970.
    public var number: Int { Int(start.seconds / 86_400) }

    /// Whether it is so near midnight that the day of a request would be uncertain.
    public var isUncertain: Bool { now < start + BillingDay.margin || now >= end - BillingDay.margin }

    /// When requests may leave again, where it is uncertain now.
    public var certainFrom: Timestamp { (now < start + BillingDay.margin ? start : end) + BillingDay.margin }

    /// Whether a post that was delivered today may be read for nothing just now.
    public var isFreeAgain: Bool { rule == .utcDay && !isUncertain }

    /// Posts that were paid today are read now where they are due before this time.
    public var freeUntil: Timestamp {
        isFreeAgain && now >= end - BillingDay.early ? end + BillingDay.early : now
    }
}
