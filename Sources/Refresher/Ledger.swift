internal import Journal
public import Time
public import XAPI

/// The money of lookups, in the journal's source `ledger`: reserved before a request leaves, settled when its answer is there.
///
/// ```
/// {"reserved":7,"day":20781,"posts":93}
/// {"settled":7,"day":20781,"posts":91}
/// {"rule":"none","day":20781}
/// ```
///
/// A reservation without a settlement counts as spent: nobody knows what X billed. Days are days since 1970 UTC by X's clock. The
/// third line says that on this day each read counts, because X billed more than a day's first reads.
/// Only one process holds the source; a second is refused.
public final class Ledger {
    private let writer: JournalWriter
    private let budgets: [Budget]
    private let price: PostPrice
    private let clock: WallClock
    private var book: LedgerBook
    private let spentBefore: Int

    /// Takes the ledger, and counts what was spent.
    ///
    /// - Throws: `JournalError`: `locked` where another process spends, `corrupt` where nobody can know what was spent.
    public convenience init(
        journal directory: String,
        budgets: [Budget],
        price: PostPrice,
        clock: WallClock
    ) throws {
        try self.init(JournalAccess(directory), budgets: budgets, price: price, clock: clock)
    }

    /// - Parameter spentInRun: what a ledger that was open before in the same run has spent.
    init(_ access: JournalAccess, budgets: [Budget], price: PostPrice, clock: WallClock, spentInRun: Int = 0) throws {
        writer = try access.writer(.ledger, clock)
        self.budgets = budgets
        self.price = price
        self.clock = clock
        do { book = try Ledger.book(access.open(), at: clock.now) } catch {
            // The next start must find the source free, and what hinders this one is the error to tell.
            try? writer.close()
            throw error
        }
        spentBefore = book.total - spentInRun
    }

    /// What a journal's ledger holds.
    ///
    /// - Throws: `JournalError`: `corrupt` where nobody can know what was spent.
    static func book(_ journal: Journal, at now: Timestamp) throws -> LedgerBook {
        // X's clock may be behind in the month before, all of which counts then; and the clock of the entries may have been behind.
        let since = (now - .seconds(86_400)).startOfMonth - .seconds(86_400)
        return try LedgerReader(journal: journal, since: since).read()
    }

    /// Posts that may still be bought on a day, nil where no budget limits them.
    public func left(on day: Int) -> Int? {
        book.left(of: budgets, at: price, on: day, spentBefore: spentBefore)
    }

    /// Posts spent on a day.
    public func spent(on day: Int) -> Int { book.spent[day] ?? 0 }

    /// Whether nobody knows what became of the newest request.
    var isUnsettled: Bool { book.open != nil }

    /// Posts spent in this run: since it was opened, and by ledgers that were open before in the same run.
    public var spentInRun: Int { book.total - spentBefore }

    /// When, by this machine's clock, the first question of a day was asked: answers of days before are older.
    func firstReservation(on day: Int) -> Timestamp? { book.firstReservation[day] }

    /// Whether X was seen to bill more on a day than its first reads.
    func isDoubted(_ day: Int) -> Bool { book.doubted.contains(day) }

    /// Notes, durably, that X bills more on a day than its first reads.
    func doubt(_ day: Int) throws {
        try write(.doubted(day: day))
        try writer.sync()
    }

    /// Reserves posts, durably, before they are asked for; reserving none only notes when the day's lookups were made.
    ///
    /// - Throws: `JournalError`; nothing is to be asked for then. `precondition`: they fit what is left.
    public func reserve(_ posts: Int, on day: Int, for number: Int) throws {
        precondition(posts >= 0 && posts <= left(on: day) ?? Int.max, "more is reserved than is left")
        try write(.reserved(number: number, day: day, posts: posts))
        if posts > 0 { try writer.sync() }
    }

    /// Says what X really billed for the newest reservation: less than was reserved as a rule, more where it gave what nobody asked for.
    ///
    /// A power cut may lose less than was reserved, which counts then; more is on the disk when this returns.
    public func settle(_ posts: Int, for number: Int) throws {
        guard let open = book.open, open.number == number else { return }
        try write(.settled(number: number, day: open.day, posts: posts))
        if posts > open.posts { try writer.sync() }
    }

    /// Lets the ledger go.
    public func close() throws { try writer.close() }

    private func write(_ entry: LedgerBook.Entry) throws {
        // Of what could not be written a reservation counts, for it perhaps was; a settlement does not.
        if case .reserved = entry { book.take(entry, at: clock.now) }
        try Array(entry.line.utf8).withUnsafeBytes { try writer.append($0) }
        if case .reserved = entry { return }
        book.take(entry, at: clock.now)
    }
}
