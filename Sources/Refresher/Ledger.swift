internal import JSON
internal import Journal
public import Time
public import XAPI

/// The money of lookups, in the journal's source `ledger`: reserved before a request leaves, settled when its answer is there.
///
/// ```
/// {"reserved":7,"day":20781,"posts":93}
/// {"settled":7,"day":20781,"posts":91}
/// ```
///
/// A reservation without a settlement counts as spent: nobody knows what X billed. Days are days since 1970 UTC by X's clock.
/// Only one process holds the source; a second is refused.
public final class Ledger {
    private let writer: JournalWriter
    private let budgets: [Budget]
    private let price: PostPrice
    /// Posts spent, by day, as far back as a budget asks.
    private var spentByDay: [Int: Int] = [:]
    private var spentInRun = 0
    private var open: [Int: (day: Int, posts: Int)] = [:]

    /// Takes the ledger, and counts what was spent in the periods of the budgets.
    ///
    /// - Throws: `JournalError`: `locked` where another process spends.
    public init(journal directory: String, budgets: [Budget], price: PostPrice, clock: WallClock) throws {
        writer = try JournalWriter(directory: directory, source: .ledger, clock: clock)
        self.budgets = budgets
        self.price = price
        // The month's first day, and one more for a clock that is not X's.
        let start = clock.now.startOfMonth - .seconds(86_400)
        let reader = try RecordReader(journal: Journal(directory: directory), source: .ledger, from: .time(start))
        let entry = JSONExtractor(
            JSONPlan([
                .init("reserved", .integer, slot: 0), .init("settled", .integer, slot: 1),
                .init("day", .integer, slot: 2),
                .init("posts", .integer, slot: 3),
            ])
        )
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.kind == .whole {
                guard entry.read(batch.line(mark)) == .read, let day = entry.integer(2), let posts = entry.integer(3)
                else {
                    throw JournalError(
                        .corrupt,
                        "ledger:\(mark.offset) is no entry of a ledger; what was spent is unknown, so nothing is"
                    )
                }
                if let number = entry.integer(0) { add(Int(number), Int(day), Int(posts)) }
                if let number = entry.integer(1) { replace(Int(number), with: Int(posts)) }
            }
        }
        spentInRun = 0
    }

    /// Posts that may still be bought on a day, nil where no budget limits them.
    public func left(on day: Int) -> Int? {
        budgets.compactMap { budget in
            budget.posts(at: price).map { limit in
                switch budget.period {
                case .run: limit - spentInRun
                case .day: limit - (spentByDay[day] ?? 0)
                case .month: limit - spent(inMonthOf: day)
                }
            }
        }.min().map { max(0, $0) }
    }

    /// Posts spent on a day.
    public func spent(on day: Int) -> Int { spentByDay[day] ?? 0 }

    /// Posts spent since it was opened.
    public var spentSinceOpened: Int { spentInRun }

    /// Reserves posts, durably, before they are asked for.
    ///
    /// - Throws: `JournalError`; nothing is to be asked for then. `precondition`: they fit what is left.
    public func reserve(_ posts: Int, on day: Int, for number: Int) throws {
        precondition(posts <= left(on: day) ?? Int.max, "more is reserved than is left")
        // Counted first: what was perhaps written counts as spent.
        add(number, day, posts)
        try write("{\"reserved\":\(number),\"day\":\(day),\"posts\":\(posts)}\n")
        try writer.sync()
    }

    /// Says what X really billed, which is never more than was reserved.
    public func settle(_ posts: Int, for number: Int) throws {
        guard let entry = open[number], posts < entry.posts else { return }
        try write("{\"settled\":\(number),\"day\":\(entry.day),\"posts\":\(posts)}\n")
        replace(number, with: posts)
    }

    /// Lets the ledger go.
    public func close() throws { try writer.close() }

    private func add(_ number: Int, _ day: Int, _ posts: Int) {
        spentByDay[day, default: 0] += posts
        spentInRun += posts
        open[number] = (day, posts)
        // Only the newest can still be settled.
        if open.count > 64 { open = [number: (day, posts)] }
    }

    private func replace(_ number: Int, with posts: Int) {
        guard let entry = open.removeValue(forKey: number), posts < entry.posts else { return }
        spentByDay[entry.day, default: 0] -= entry.posts - posts
        spentInRun -= entry.posts - posts
    }

    private func spent(inMonthOf day: Int) -> Int {
        let start = Timestamp(microseconds: Int64(day) * 86_400_000_000).startOfMonth
        let first = Int(start.seconds / 86_400)
        return spentByDay.reduce(0) { $0 + ($1.key >= first && $1.key <= day ? $1.value : 0) }
    }

    private func write(_ line: String) throws {
        try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
    }
}
