internal import Journal
public import Lifecycle
public import Time

/// What a pass would do now, and when a post is due and why: asks X for nothing, and can be had beside a refresher at work.
///
/// One thread at a time.
public final class RefreshOutlook {
    private let directory: String
    private var configuration: RefresherConfiguration
    private let clock: WallClock
    private let posts: PostsFile

    /// Brings what is known of the posts up to date with the journal, unless another process is doing so just now.
    ///
    /// - Parameter usesKeptSchedule: whether the schedule is that of the refresher which was last at work, where there was one.
    /// - Throws: `JournalError`, `SQLiteError`.
    public init(
        journal directory: String,
        configuration: RefresherConfiguration,
        usesKeptSchedule: Bool = false,
        clock: WallClock = .system,
        _ shutdown: ShutdownSignal
    ) throws {
        self.directory = directory
        self.configuration = configuration
        self.clock = clock
        posts = try PostsFile(
            journal: directory,
            schedule: configuration.schedule,
            isStopped: { shutdown.isRequested }
        )
        do { try posts.catchUp(with: Journal(directory: directory), shutdown) } catch let error as JournalError
            where error.code == .locked
        {}
        if usesKeptSchedule, let kept = try posts.keptSchedule {
            self.configuration.schedule = kept
            try posts.reckonAsKept()
        } else {
            try posts.lookBySchedule()
        }
    }

    /// What is known of a post, and when it is due and why.
    public func explain(_ id: UInt64) throws -> Explanation? {
        guard let state = try posts.state(of: id) else { return nil }
        let due = configuration.schedule.due(state)
        return Explanation(
            state: state,
            due: due.time,
            freeFrom: configuration.schedule.freeFrom(state, due),
            reason: due.reason,
            putOff: try posts.putOff(id).flatMap { $0.until > clock.now ? $0 : nil }
        )
    }

    /// When a post is due, and why.
    public struct Explanation {
        /// What is known of it.
        public let state: PostState
        /// When it is due; nil for never.
        public let due: Timestamp?
        /// From when on a free read before midnight stands for that one; nil where none can.
        public let freeFrom: Timestamp?
        /// Why.
        public let reason: RefreshSchedule.Reason
        /// Until when it is left alone although it may be due, and how often in a row X told nothing of it.
        public let putOff: (until: Timestamp, times: Int)?
    }

    /// What a pass would ask for now, and what it would cost.
    public func plan() throws -> RefreshPlan {
        var day = BillingDay(here: clock.now, ahead: nil, rule: configuration.billing)
        let book = try Ledger.book(Journal(directory: directory), at: clock.now)
        if book.doubted.contains(day.number) { day = BillingDay(here: day.here, ahead: nil, rule: .none) }
        day.lookedUpFrom = configuration.budgets.isEmpty ? day.sightedFrom : book.firstReservation[day.number]
        let left = book.left(
            of: configuration.budgets,
            at: configuration.price,
            on: day.number,
            spentBefore: book.total
        )
        let due = try DuePosts(posts, day, limit: configuration.readLimit)
        return RefreshPlan(
            due: due.count,
            free: due.freeCount,
            cost: due.count - due.freeCount,
            left: left,
            price: configuration.price,
            reasons: try reasons(of: due)
        )
    }

    private func reasons(of due: DuePosts) throws -> [RefreshPlan.Cause] {
        var counts: [RefreshSchedule.Reason: Int] = [:]
        while true {
            let posts = try due.next(1_000)
            if posts.isEmpty { break }
            for post in posts { counts[configuration.schedule.due(post).reason, default: 0] += 1 }
        }
        return counts.map { RefreshPlan.Cause(reason: $0.key, count: $0.value) }.sorted {
            ($0.count, "\($1.reason)") > ($1.count, "\($0.reason)")
        }
    }
}
