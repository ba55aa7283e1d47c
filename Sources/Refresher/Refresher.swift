internal import Journal
internal import Lifecycle
public import Logging
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
    /// Whether nobody knows what became of the newest request, so that the next one is for one post alone.
    var isProbing = false
    /// Answers of this pass that X may have billed and that told nothing.
    var lostAnswers = 0
    /// When X was last asked what it has billed.
    var comparedAt: MonotonicTime?
    /// The shutdown that wakes what waits.
    var heard: (shutdown: ShutdownSignal, handler: ShutdownHandler)?
    var openPosts: PostsFile?
    /// What X did not find since the last decision, and what speaks for it.
    var missed: [UInt64] = []
    var judge: DeletionJudge
    /// What the stretch in hand went on from.
    var carried = DeletionJudge.Carried()
    /// Posts asked for since then.
    var weighed = 0
    /// Deletions that are not believed; nil where there are none.
    var doubt: DeletionDoubt?
    /// Whether this pass believes whatever X says.
    var acceptsDeletions: Bool
    private var random: UInt64

    /// Takes the sources `lookup` and `ledger`.
    ///
    /// - Parameters:
    ///   - client: asks X.
    ///   - seed: of the waits' jitter.
    ///   - spentInRun: what a refresher before this one in the same run has spent.
    /// - Throws: `JournalError`: `locked` where another process refreshes this journal; `RefresherError`: `otherServer` where the
    ///   journal holds posts of another server; `SQLiteError`.
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
        judge = DeletionJudge(configuration.deletionLimit)
        acceptsDeletions = configuration.acceptsDeletions
        let lookups = try LookupJournal(access, origin: client.endpoint.origin.name, clock: clock)
        self.lookups = lookups
        do {
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
        } catch {
            // The next start must find the source free, and what hinders this one is the error to tell.
            try? lookups.close()
            throw error
        }
        isProbing = ledger?.isUnsettled ?? false
        do {
            let journal = try access.open()
            try checkServer(of: journal)
            let verdict = try DeletionVerdict(newestIn: journal)
            doubt = verdict.doubt
            beginStretch(verdict.carried)
        } catch {
            // What hinders the start is the error to tell.
            try? close()
            throw error
        }
    }

    /// Refuses a journal of another server's posts, unless somebody said that it is the same.
    private func checkServer(of journal: Journal) throws {
        let origin = client.endpoint.origin
        guard let known = try journal.server().map({ ServerOrigin(name: $0) }), known != origin else { return }
        let refusal = origin.refusal(for: access.directory, of: known, isAccepted: configuration.acceptsServer)
        if let refusal { throw RefresherError(.otherServer, refusal) }
        try lookups.acceptServer(before: known.name)
        logger.notice("the journal goes on with \(origin), which before was \(known)")
    }

    /// What is known of the posts, opened when a pass first asks for it.
    var posts: PostsFile {
        get throws {
            if let openPosts { return openPosts }
            let posts = try PostsFile.open(
                journal: access.directory,
                schedule: configuration.schedule,
                logger,
                isStopped: { [weak self] in self?.heard?.shutdown.isRequested ?? false }
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
