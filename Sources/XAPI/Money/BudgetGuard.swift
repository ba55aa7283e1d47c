public import Time

/// Counts posts against a budget; pure, so that time and counts are what it is told.
///
/// Days and months begin at midnight UTC, when the count begins anew. It starts from what the journal already holds.
public struct BudgetGuard: Sendable, Hashable {
    /// The budget that is guarded.
    public let budget: Budget
    /// Posts that fit into one period, or nil where nothing is limited.
    public let limit: Int?
    /// Posts counted in the current period.
    public private(set) var spent: Int
    private var periodStart: Timestamp

    /// Starts guarding.
    ///
    /// - Parameters:
    ///   - budget: the limit.
    ///   - price: what a post costs, where the budget is money.
    ///   - now: the time.
    ///   - alreadySpent: posts of the current period from before, as the journal holds them; not asked for `run`.
    public init(_ budget: Budget, price: PostPrice, now: Timestamp, alreadySpent: Int = 0) {
        self.budget = budget
        limit = budget.posts(at: price)
        spent = budget.period == .run ? 0 : max(0, alreadySpent)
        periodStart = Self.start(of: budget.period, at: now) ?? now
    }

    /// When the period that holds `now` began, or nil for `run`: from where a journal is to be counted.
    public static func start(of period: Budget.Period, at now: Timestamp) -> Timestamp? {
        switch period {
        case .day: now.startOfDay
        case .month: now.startOfMonth
        case .run: nil
        }
    }

    /// Counts posts that came.
    ///
    /// A clock that goes back begins no new period.
    public mutating func count(_ posts: Int, at now: Timestamp) {
        if let start = Self.start(of: budget.period, at: now), start > periodStart {
            periodStart = start
            spent = 0
        }
        spent += posts
    }

    /// When the period after the current one begins, or nil for `run`, which never renews.
    public var renewal: Timestamp? {
        switch budget.period {
        case .day: periodStart.startOfDay + .seconds(86_400)
        // No month is longer than 31 days.
        case .month: (periodStart.startOfMonth + .seconds(32 * 86_400)).startOfMonth
        case .run: nil
        }
    }

    /// Posts that still fit, or nil where nothing is limited.
    public var left: Int? { limit.map { max(0, $0 - spent) } }

    /// Whether nothing more fits.
    public var isExhausted: Bool { left == 0 }
}
