internal import Time
internal import XAPI

/// What a ledger's entries come to; pure: entries and arrivals in, sums out.
struct LedgerBook {
    /// One line of a ledger.
    enum Entry: Equatable {
        /// So many posts may be billed for a question that is about to leave.
        case reserved(number: Int, day: Int, posts: Int)
        /// The question was answered, and so many were billed.
        case settled(number: Int, day: Int, posts: Int)
        /// X bills more on this day than it should: each read counts from now on.
        case doubted(day: Int)

        /// The entry as it stands in the journal.
        var line: String {
            switch self {
            case .reserved(let number, let day, let posts):
                "{\"reserved\":\(number),\"day\":\(day),\"posts\":\(posts)}\n"
            case .settled(let number, let day, let posts): "{\"settled\":\(number),\"day\":\(day),\"posts\":\(posts)}\n"
            case .doubted(let day): "{\"rule\":\"none\",\"day\":\(day)}\n"
            }
        }
    }

    /// Posts by day.
    private(set) var spent: [Int: Int] = [:]
    /// Posts of all days.
    private(set) var total = 0
    /// Days on which each read counts.
    private(set) var doubted: Set<Int> = []
    /// When, by this machine's clock, the first reservation of a day was made.
    private(set) var firstReservation: [Int: Timestamp] = [:]
    /// The newest reservation, while it is not settled; older ones were given up.
    private(set) var open: (number: Int, day: Int, posts: Int)?
    private var last = Timestamp(rawValue: 0)

    /// Takes an entry in.
    ///
    /// - Parameter time: its arrival; a clock that goes back does not make it older than the entry before.
    mutating func take(_ entry: Entry, at time: Timestamp) {
        last = max(time, last + .microseconds(1))
        switch entry {
        case .reserved(let number, let day, let posts):
            add(posts, on: day)
            if firstReservation[day] == nil { firstReservation[day] = last }
            open = (number, day, posts)
        case .settled(let number, _, let posts):
            guard let reserved = open, reserved.number == number else { return }
            add(posts - reserved.posts, on: reserved.day)
            open = nil
        case .doubted(let day): doubted.insert(day)
        }
    }

    /// Posts of the month that holds a day, by UTC.
    func spent(inMonthOf day: Int) -> Int {
        let month = LedgerBook.month(of: day)
        return spent.reduce(0) { $0 + (LedgerBook.month(of: $1.key) == month ? $1.value : 0) }
    }

    /// Posts that may still be bought on a day, nil where no budget limits them.
    ///
    /// - Parameter before: what was spent before the run.
    func left(of budgets: [Budget], at price: PostPrice, on day: Int, spentBefore before: Int) -> Int? {
        budgets.compactMap { budget in
            budget.posts(at: price).map { limit in
                switch budget.period {
                case .run: limit - (total - before)
                case .day: limit - spent[day, default: 0]
                case .month: limit - spent(inMonthOf: day)
                }
            }
        }.min().map { max(0, $0) }
    }

    private mutating func add(_ posts: Int, on day: Int) {
        spent[day, default: 0] += posts
        total += posts
    }

    private static func month(of day: Int) -> Timestamp {
        Timestamp(microseconds: Int64(day) * 86_400_000_000).startOfMonth
    }
}
