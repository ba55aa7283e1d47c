internal import Journal
public import Lifecycle
public import Logging
public import Time
public import XAPI
internal import Replayer
internal import Sinks
internal import Transform

/// Reads posts again whose likes have grown since: due posts → lookups → journal.
///
/// A pass first brings `posts.sqlite` up to date with the journal, then asks for what is due, a hundred at a time. Each question is
/// paid for in the ledger and written to the journal, on the disk, before it leaves; each answer is journalled before it is looked
/// at. One thread at a time; only one process refreshes a journal.
public final class Refresher {
    private let directory: String
    private let client: XAPIClient
    private let configuration: RefresherConfiguration
    private let clock: WallClock
    private let logger: Logger
    private let posts: PostsFile
    private let lookups: LookupJournal
    private let ledger: Ledger?
    private let answers = AnswerCounts()
    private var random: UInt64
    /// What X's clock is ahead of ours.
    private var skew = Duration.zero

    /// Takes the sources `lookup` and `ledger`.
    ///
    /// - Parameters:
    ///   - client: asks X.
    ///   - seed: of the waits' jitter.
    /// - Throws: `JournalError`: `locked` where another process refreshes this journal; `SQLiteError`.
    public init(
        journal directory: String,
        client: XAPIClient,
        configuration: RefresherConfiguration,
        clock: WallClock = .system,
        logger: Logger = .silent,
        seed: UInt64
    ) throws {
        self.directory = directory
        self.client = client
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        random = seed | 1
        lookups = try LookupJournal(journal: directory, clock: clock)
        ledger =
            configuration.budgets.isEmpty
            ? nil
            : try Ledger(journal: directory, budgets: configuration.budgets, price: configuration.price, clock: clock)
        posts = try PostsFile(journal: directory, schedule: configuration.schedule)
    }

    /// Lets the sources go.
    public func close() throws {
        try lookups.close()
        try ledger?.close()
    }

    /// What is known of a post, and when it is due and why.
    public func explain(_ id: UInt64) throws -> (state: PostState, due: Timestamp?, reason: RefreshSchedule.Reason)? {
        guard let state = try posts.state(of: id) else { return nil }
        let (due, reason) = configuration.schedule.due(state)
        return (state, due, reason)
    }

    /// What a pass would ask for now, and what it would cost.
    public func plan() throws -> RefreshPlan {
        let today = day
        let due = try DuePosts(posts, today, limit: configuration.readLimit)
        let free = try due.freeCount(today)
        return RefreshPlan(
            due: due.count,
            free: free,
            cost: due.count - free,
            left: ledger?.left(on: today.number),
            price: configuration.price
        )
    }

    /// Brings what is known of the posts up to date with the journal.
    public func catchUp(_ shutdown: ShutdownSignal) throws {
        let journal = try Journal(directory: directory)
        let sink = PostsSink(posts)
        let checkpoint = try Checkpoint(
            journal: journal,
            name: "posts-\(posts.identity.prefix(16))",
            sink: sink.identity,
            transform: Replayer.transformDigest
        )
        try Replayer(journal: journal, configuration: ReplayConfiguration(), sink: sink, checkpoint: checkpoint)
            .run(shutdown)
    }

    /// Makes one pass over what is due.
    ///
    /// - Throws: `JournalError`, `SQLiteError`; `XAPIError` where X refuses us for good.
    public func pass(_ shutdown: ShutdownSignal) throws -> RefreshReport {
        try catchUp(shutdown)
        var report = RefreshReport()
        let due = try DuePosts(posts, day, limit: configuration.readLimit)
        report.due = due.count
        while report.ending == .done {
            if shutdown.isRequested {
                report.ending = .stopped
                break
            }
            if ledger != nil && day.isUncertain {
                wait(until: day.certainFrom, shutdown)
                continue
            }
            var chunk = try due.next(LookupRequest.idLimit)
            if chunk.isEmpty { break }
            trim(&chunk, &report)
            if chunk.isEmpty { break }
            try ask(chunk, &report, shutdown)
        }
        try lookups.sync()
        report.left = ledger?.left(on: day.number)
        report.spent = ledger?.spentSinceOpened ?? report.spent
        try catchUp(shutdown)
        return report
    }

    /// Today by X's clock.
    private var day: BillingDay { BillingDay(now: clock.now + skew, rule: configuration.billing) }

    private func isFree(_ post: PostState, _ day: BillingDay) -> Bool {
        guard day.isFreeAgain else { return false }
        return max(post.sighted ?? .init(rawValue: 0), post.last?.time ?? .init(rawValue: 0)) >= day.start
    }

    /// Takes out what the budget does not allow.
    private func trim(_ chunk: inout [PostState], _ report: inout RefreshReport) {
        let today = day
        var left = ledger?.left(on: today.number) ?? Int.max
        let all = chunk.count
        chunk = chunk.filter { post in
            if isFree(post, today) { return true }
            left -= 1
            return left >= 0
        }
        if chunk.count < all { report.ending = .budget }
    }

    /// Asks for some posts until an answer is there, X refuses, or the tries are over.
    private func ask(
        _ chunk: [PostState],
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws {
        let question = Question(
            chunk.map { Question.Post(id: $0.id, arrival: $0.sighted ?? $0.first ?? clock.now, rules: $0.rules) }
        )
        let request = LookupRequest(
            ids: chunk.map(\.id),
            fields: configuration.fields,
            fieldsParameter: configuration.fieldsParameter
        )
        // What was reserved for a question whose answer is lost may have been billed: asking again that day costs nothing more.
        var paidOn: Int?
        for attempt in 0... {
            if ledger != nil && day.isUncertain { wait(until: day.certainFrom, shutdown) }
            if shutdown.isRequested {
                report.ending = .stopped
                return
            }
            let today = day
            let number = lookups.nextNumber()
            let isPaid = paidOn == today.number && today.isFreeAgain
            let cost = isPaid ? 0 : chunk.count { !isFree($0, today) }
            // The wait may have led into another day.
            guard cost <= ledger?.left(on: today.number) ?? Int.max else {
                report.ending = .budget
                return
            }
            if cost > 0 { try ledger?.reserve(cost, on: today.number, for: number) }
            paidOn = today.number
            try lookups.ask(question, number: number)
            report.requests += 1
            do {
                let answer = try client.lookup(request)
                note(answer)
                try lookups.answer(answer.body, number: number)
                let found = answers.count(answer.body, question, chunk)
                // X bills what it returns.
                let billed = max(0, cost - (chunk.count - found.returned))
                try ledger?.settle(billed, for: number)
                report.add(found, of: chunk.count)
                report.spent += billed
                report.free += max(0, found.returned - billed)
                if answer.rateLimit.remaining == 0, let reset = answer.rateLimit.reset {
                    wait(until: reset, shutdown)
                }
                return
            } catch let error as XAPIError {
                let isAnswered = error.code == .refused
                // Failed requests are free; an answer that never came may not be.
                if isAnswered {
                    try ledger?.settle(0, for: number)
                    paidOn = nil
                }
                guard try goesOn(after: error, attempt, &report, shutdown) else { return }
            }
        }
    }

    /// Waits where trying again may help; false where the pass is over.
    private func goesOn(
        after error: XAPIError,
        _ attempt: Int,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws -> Bool {
        if shutdown.isRequested {
            report.ending = .stopped
            return false
        }
        if error.code == .refused, [400, 401, 403].contains(error.status) { throw error }
        if error.status == 402 || attempt + 1 >= configuration.tryLimit {
            report.ending = .refused("\(error)")
            return false
        }
        if error.status == 429, let reset = error.rateLimit?.reset {
            logger.notice("X's window of requests is used up; going on at \(reset.rfc3339)")
            wait(until: reset, shutdown)
        } else {
            let doubled = configuration.firstWait * Double(1 << min(attempt, 6))
            let pause = min(.seconds(60), doubled) * (0.5 + nextChance() / 2)
            logger.notice("\(error); trying again in \(pause)")
            shutdown.wait(for: pause)
        }
        return true
    }

    /// Waits until a time of X's, at most its longest window.
    private func wait(until time: Timestamp, _ shutdown: ShutdownSignal) {
        let left = time - (clock.now + skew)
        if left > .zero { shutdown.wait(for: min(left, .seconds(900)) + .seconds(1)) }
    }

    private func note(_ answer: LookupAnswer) {
        guard let date = answer.date, let time = HTTPDate.timestamp(date) else { return }
        let difference = time - clock.now
        // The field has whole seconds.
        skew = difference > .seconds(2) || difference < .seconds(-2) ? difference : .zero
    }

    private func nextChance() -> Double {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Double(random >> 11) / Double(1 << 53)
    }
}
