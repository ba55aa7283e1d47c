public import XAPI

/// What a pass did.
public struct RefreshReport: Sendable, Equatable {
    /// Posts that were due when it began.
    public var due = 0
    /// Posts whose counts came.
    public var read = 0
    /// Of those, posts with other likes than before.
    public var changed = 0
    /// Of those, posts with the same likes.
    public var same = 0
    /// Posts that X does not find, or does not show.
    public var gone = 0
    /// Posts that X does not find, which is not believed: nothing is deleted.
    public var doubted = 0
    /// Whether deletions are doubted at its end.
    public var isDoubting = false
    /// Posts that X said nothing of.
    public var unknown = 0
    /// Posts that X returned, and may have billed, without counts.
    public var withoutCounts = 0
    /// Requests that left.
    public var requests = 0
    /// Posts that counted against the budget.
    public var spent = 0
    /// Posts that were read for nothing, because they had been paid that day.
    public var free = 0
    /// Posts that the budget still allows; nil where there is none.
    public var left: Int?
    /// What kept it from reading all that was due.
    public var ending = Ending.done

    /// What ends a pass.
    public enum Ending: Sendable, Equatable {
        /// All that was due was read.
        case done
        /// The budget, or the number of reads, allows no more.
        case budget
        /// Somebody stopped it.
        case stopped
        /// X takes no more requests for now, and why.
        case refused(String)
    }

    /// Makes the report of a pass that has done nothing.
    public init() {}
}

/// What a pass would do.
public struct RefreshPlan: Sendable, Equatable {
    /// Posts that are due.
    public let due: Int
    /// Of those, posts that cost nothing more today.
    public let free: Int
    /// The others.
    public let cost: Int
    /// Posts that the budget still allows; nil where there is none.
    public let left: Int?
    /// What one costs.
    public let price: PostPrice
    /// Why they are due, the most frequent reason first.
    public let reasons: [Cause]

    /// A reason, and how many posts are due for it.
    public struct Cause: Sendable, Equatable {
        /// Why they are due.
        public let reason: RefreshSchedule.Reason
        /// How many there are.
        public let count: Int
    }
}
