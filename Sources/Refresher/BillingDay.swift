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

    /// The time by this machine's clock.
    public let here: Timestamp
    /// How far X's clock is ahead of it; nil where X has not said its time yet.
    public let ahead: Duration?
    /// The rule in force.
    public let rule: Rule
    /// From when on, by this machine's clock, lookups were paid on this day; nil where none was.
    public var lookedUpFrom: Timestamp?

    /// Around midnight nobody knows on which of two days X bills a request, so that none leaves.
    static let knownMargin = Duration.seconds(60)
    /// The same where only this machine's clock tells the time.
    static let unknownMargin = Duration.seconds(900)
    /// How far the clock that a stream was recorded by may have been off, beyond what X's is off now.
    static let sightingMargin = Duration.seconds(900)

    /// Makes the day of a time.
    public init(here: Timestamp, ahead: Duration?, rule: Rule, lookedUpFrom: Timestamp? = nil) {
        self.here = here
        self.ahead = ahead
        self.rule = rule
        self.lookedUpFrom = lookedUpFrom
    }

    private var margin: Duration { ahead == nil ? BillingDay.unknownMargin : BillingDay.knownMargin }

    /// The time by X's clock.
    public var now: Timestamp { here + (ahead ?? .zero) }
    /// When the day began.
    public var start: Timestamp { now.startOfDay }
    /// When it ends.
    public var end: Timestamp { start + .seconds(86_400) }
    /// Its number: days since 1970.
    public var number: Int { Int(start.seconds / 86_400) }

    /// Whether it is so near midnight that the day of a request would be uncertain.
    public var isUncertain: Bool { now < start + margin || now >= end - margin }

    /// When requests may leave again, where it is uncertain now.
    public var certainFrom: Timestamp { (now < start + margin ? start : end) + margin }

    /// Whether a post that was delivered today may be read for nothing just now.
    public var isFreeAgain: Bool { rule == .utcDay && !isUncertain }

    /// The midnight that comes next, by this machine's clock.
    var midnight: Timestamp { here.startOfDay + .seconds(86_400) }

    /// Posts that were paid today may be read now where they are due before this time, by this machine's clock.
    var freeUntil: Timestamp {
        let reach = RefreshSchedule.midnightReach
        return isFreeAgain && here >= midnight - reach ? midnight + reach : here
    }

    /// From when on, by this machine's clock, a stream's deliveries were paid on this day.
    ///
    /// Whoever recorded them may have had a right clock, or one as wrong as this one is.
    public var sightedFrom: Timestamp {
        let ahead = ahead ?? .zero
        return start - ahead + max(margin, BillingDay.sightingMargin) + (ahead < .zero ? .zero - ahead : ahead)
    }

    /// Whether reading a post costs nothing, because it was paid today.
    func isFree(_ post: PostState) -> Bool {
        guard isFreeAgain else { return false }
        if let sighted = post.sighted, sighted >= sightedFrom { return true }
        return lookedUpFrom.map { post.isLookedUp(since: $0) } ?? false
    }
}
