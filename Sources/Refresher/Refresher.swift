internal import Journal
public import Lifecycle
public import Logging
internal import SQLite
public import Time
public import XAPI
internal import Transform

/// Reads posts again whose likes have grown since: due posts → lookups → journal.
///
/// A pass first brings `posts.sqlite` up to date with the journal, then asks for what is due, a hundred at a time. Each question is
/// paid for in the ledger and written to the journal, on the disk, before it leaves; each answer is journalled before it is looked
/// at. One thread at a time; only one process refreshes a journal.
public final class Refresher {
    let access: JournalAccess
    let client: XAPIClient
    let configuration: RefresherConfiguration
    let clock: WallClock
    let logger: Logger
    let lookups: LookupJournal
    let ledger: Ledger?
    let answers = AnswerCounts()
    var xTime = XTime()
    /// When X takes requests again; nil where it takes them now.
    var closedUntil: Deadline?
    /// When X was last asked what it has billed.
    var comparedAt: MonotonicTime?
    /// The shutdown that wakes what waits.
    var heard: ShutdownSignal?
    private var openPosts: PostsFile?
    private var random: UInt64

    /// Takes the sources `lookup` and `ledger`.
    ///
    /// - Parameters:
    ///   - client: asks X.
    ///   - seed: of the waits' jitter.
    ///   - spentInRun: what a refresher before this one in the same run has spent.
    /// - Throws: `JournalError`: `locked` where another process refreshes this journal; `SQLiteError`.
    public convenience init(
        journal directory: String,
        client: XAPIClient,
        configuration: RefresherConfiguration,
        clock: WallClock = .system,
        logger: Logger = .silent,
        seed: UInt64,
        spentInRun: Int = 0
    ) throws {
        try self.init(
            JournalAccess(directory),
            client: client,
            configuration: configuration,
            clock: clock,
            logger: logger,
            seed: seed,
            spentInRun: spentInRun
        )
    }

    /// Posts spent in this run, by refreshers before this one too.
    public var spentInRun: Int { ledger?.spentInRun ?? 0 }

    init(
        _ access: JournalAccess,
        client: XAPIClient,
        configuration: RefresherConfiguration,
        clock: WallClock,
        logger: Logger,
        seed: UInt64,
        spentInRun: Int = 0
    ) throws {
        self.access = access
        self.client = client
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        random = seed | 1
        lookups = try LookupJournal(access, clock: clock)
        ledger =
            configuration.budgets.isEmpty
            ? nil
            : try Ledger(
                access,
                budgets: configuration.budgets,
                price: configuration.price,
                clock: clock,
                spentInRun: spentInRun
            )
    }

    /// What is known of the posts, opened when a pass first asks for it.
    var posts: PostsFile {
        get throws {
            if let openPosts { return openPosts }
            let posts = try PostsFile.open(
                journal: access.directory,
                schedule: configuration.schedule,
                logger,
                isStopped: { [weak self] in self?.heard?.isRequested ?? false }
            )
            openPosts = posts
            return posts
        }
    }

    /// Lets the sources go, both of them whatever becomes of the first.
    public func close() throws {
        let lookupsClosed = Result { try lookups.close() }
        try ledger?.close()
        try lookupsClosed.get()
    }

    /// Brings `posts.sqlite` up to date; waits where someone who only looks is doing it just now.
    private func catchUp(_ shutdown: ShutdownSignal) throws {
        let deadline = Deadline(after: Refresher.longestLook, on: monotonic)
        while true {
            do { return try posts.catchUp(with: access.open(), shutdown) } catch let error as JournalError
                where error.code == .locked && !deadline.isReached(at: monotonic.now) && !shutdown.isRequested
            {
                // Nobody says when another process lets go of a lock.
                wait(until: Deadline(after: .milliseconds(200), on: monotonic), shutdown)
            }
        }
    }

    /// How long `--dry-run` may take to read a journal while a pass waits.
    private static let longestLook = Duration.seconds(1_200)

    /// Makes one pass over what is due.
    ///
    /// A damaged `posts.sqlite` is set aside, and a new one filled from the journal, once a pass; the report then tells what was
    /// done after that.
    ///
    /// - Throws: `JournalError`, `SQLiteError`; `XAPIError` where an operator is needed; `RefresherError` where the clock is wrong.
    public func pass(_ shutdown: ShutdownSignal) throws -> RefreshReport {
        hear(shutdown)
        do { return try passOnce(shutdown) } catch let error as SQLiteError where openPosts?.isDamaged(error) == true {
            openPosts = nil
            try PostsFile.setAside(access.directory, error, logger)
            return try passOnce(shutdown)
        }
    }

    private func passOnce(_ shutdown: ShutdownSignal) throws -> RefreshReport {
        try catchUp(shutdown)
        try posts.keepToSchedule()
        guard try posts.mayBeDue(at: clock.now) else {
            var report = RefreshReport()
            report.left = ledger?.left(on: day.number)
            return report
        }
        try compareWithX(shutdown)
        var report = RefreshReport()
        let before = ledger?.spentInRun ?? 0
        var due = try choose(report)
        report.due = due.count
        while report.ending == .done {
            waitForCertainDay(shutdown)
            if shutdown.isRequested {
                report.ending = .stopped
                break
            }
            if day.number != due.day.number {
                // What was chosen because it cost nothing yesterday has its price today, and need not be due.
                try catchUp(shutdown)
                due = try choose(report)
            }
            var chunk = try due.next(LookupRequest.idLimit)
            if chunk.isEmpty { break }
            trim(&chunk, &report)
            if chunk.isEmpty { break }
            try askPatiently(chunk, chosenOn: due.day.number, &report, shutdown)
        }
        try lookups.sync()
        report.left = ledger?.left(on: day.number)
        if let ledger { report.spent = ledger.spentInRun - before }
        // So that an explanation knows of it; where it cannot be done now, the next pass does it first.
        do { try posts.catchUp(with: access.open(), shutdown) } catch let error as JournalError
            where error.code == .locked
        {}
        return report
    }

    private func choose(_ report: RefreshReport) throws -> DuePosts {
        let answered = report.read + report.gone + report.unknown
        let day = day
        return try DuePosts(
            posts,
            day,
            limit: configuration.readLimit.map { max(0, $0 - answered) },
            affordable: ledger?.left(on: day.number)
        )
    }

    /// Today by X's clock.
    var day: BillingDay {
        let here = clock.now
        let ahead = xTime.ahead(of: here, steady: configuration.steady())
        var day = BillingDay(here: here, ahead: ahead, rule: configuration.billing)
        guard let ledger else {
            // Nobody counts then; this is for the report alone.
            day.lookedUpFrom = day.sightedFrom
            return day
        }
        if ledger.isDoubted(day.number) {
            day = BillingDay(here: day.here, ahead: day.ahead, rule: .none)
        }
        day.lookedUpFrom = ledger.firstReservation(on: day.number)
        return day
    }

    func nextChance() -> Double {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Double(random >> 11) / Double(1 << 53)
    }
}
