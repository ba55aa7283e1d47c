internal import Journal
internal import Lifecycle
internal import Logging
internal import Recorder
internal import Time
internal import XAPI

extension Refresher {
    /// X's figure may be this much higher before its once-a-day rule is doubted: 2 %, and what is on its way.
    private static func tolerance(_ ours: Int) -> Int { max(ours / 50, 20) }

    /// Compares X's figure for today with ours, and learns X's time from the same answer.
    ///
    /// Where X says more than the stream's posts of the day and the ledger account for, each read counts until midnight. The answer
    /// of X is a help and no condition: without one the pass goes on. An answer of somebody else ends it.
    func compareWithX(_ shutdown: ShutdownSignal) throws {
        guard let ledger else { return }
        // X allows 50 such questions in 15 minutes.
        let now = monotonic.now
        if let comparedAt, now - comparedAt < .seconds(60) { return }
        comparedAt = now
        let usage: DailyUsage
        do {
            // Nobody pays for this answer, so a stop does not wait for it.
            usage = try client.dailyUsage { shutdown.isRequested }
        } catch {
            guard error.code != .cancelled else { return }
            // This costs nothing, so nothing is spent on whoever stands between.
            if error.isForeign { throw error }
            logger.info("what X has billed today is not known: \(error)")
            return try learnTime(error.date)
        }
        try learnTime(usage.date)
        let today = day
        guard !today.isUncertain, today.rule == .utcDay else { return }
        guard let billed = usage.posts[String(today.now.rfc3339.prefix(10))] else { return }
        let lookedUp = ledger.spent(on: today.number)
        guard billed > lookedUp + Refresher.tolerance(lookedUp) else { return }
        let ours = try streamed(on: today, upTo: billed - lookedUp) + lookedUp
        guard billed > ours + Refresher.tolerance(ours) else { return }
        try ledger.doubt(today.number)
        logger.notice(
            "X has billed \(billed) posts today, but this journal knows of \(ours): until 00:00 UTC each read counts as paid, as "
                + "if --billing were none; another app of the same project may have read the rest"
        )
    }

    func learnTime(_ date: String?) throws { try xTime.learn(date, at: clock.now, steady: configuration.steady()) }

    /// Posts that X billed for the stream of a day: lines with `data` and posts that were cut, as the stream's own budget counts them.
    ///
    /// - Parameter limit: more need not be counted; this bounds what is read.
    private func streamed(on day: BillingDay, upTo limit: Int) throws -> Int {
        try BilledPosts.count(in: access.open(), since: day.start - (day.ahead ?? .zero), upTo: limit)
    }
}
