internal import Journal
internal import Lifecycle
internal import Logging
internal import Time

// X's answer that a post is not found deletes it from every index, and a wrong server or a fault of X's gives it for all posts. So an
// answer alone deletes nothing: at the end of a stretch of lookups it is decided whether what was not found is plausible. Only then a
// record with the ids is written, which the transform makes tombstones of. Else an event notes the doubt, and the posts stay due.

extension Refresher {
    /// Posts after which a stretch is decided, so that what waits for it is bounded.
    private static let stretchLimit = 10_000

    /// Takes in what an answer said.
    func weigh(_ found: AnswerCounts.Found, _ chunk: [PostState], _ report: inout RefreshReport) {
        report.add(found)
        let missed = Set(found.missed)
        for post in chunk where found.told.contains(post.id) {
            judge.take(isGone: missed.contains(post.id), post)
        }
        self.missed += found.missed
        weighed += chunk.count
    }

    /// Decides where a stretch is long enough.
    func decideIfLong(_ report: inout RefreshReport) throws {
        if weighed >= Refresher.stretchLimit { try decide(&report) }
    }

    /// Decides whether what X did not find since the last decision is gone, and writes that down.
    func decide(_ report: inout RefreshReport) throws {
        var next = DeletionJudge.Carried()
        defer { beginStretch(next) }
        if acceptsDeletions || doubt == nil && judge.isPlausible {
            // What led to the doubt, or was accepted, speaks against nothing any more.
            if !acceptsDeletions && doubt == nil { next = judge.carried }
            // Another process must know how many were gone in a row at the end, and that it is fewer now.
            guard !missed.isEmpty || doubt != nil || next.row < carried.row else { return }
            try believe(acceptsDeletions ? "accepted" : "plausible", leaving: next, &report)
        } else if !missed.isEmpty {
            let now = clock.now
            var doubt =
                self.doubt
                ?? DeletionDoubt(since: now, sampled: now, sample: Array(missed.prefix(DeletionDoubt.sampleLimit)))
            doubt.found += judge.found
            try note(doubt, &report)
        }
    }

    /// Forgets what is undecided, of a pass that failed for example: it is asked for again.
    ///
    /// - Parameter next: what the next stretch goes on from; nil for what this one did.
    func beginStretch(_ next: DeletionJudge.Carried? = nil) {
        carried = next ?? carried
        judge.begin(carried)
        missed.removeAll()
        weighed = 0
    }

    private func believe(
        _ why: String,
        leaving next: DeletionJudge.Carried = DeletionJudge.Carried(),
        _ report: inout RefreshReport
    ) throws {
        let fields: [(String, EventValue)] = [
            ("why", .string(why)), ("asked", .integer(Int64(judge.asked))), ("gone", .integer(Int64(missed.count))),
        ]
        try lookups.believe(missed, fields + next.fields)
        report.gone += missed.count
        missed.removeAll()
        carried = next
        doubt = nil
    }

    private func note(_ doubt: DeletionDoubt, _ report: inout RefreshReport) throws {
        try lookups.doubt(doubt.fields(asked: judge.asked, gone: missed.count))
        // Asked for again only when X has had time to recover, so that they stand in nobody's way.
        try posts.putOff(missed, until: clock.now + DeletionDoubt.sampleAfter)
        report.doubted += missed.count
        missed.removeAll()
        self.doubt = doubt
    }

    /// Says that deletions are doubted, and what to do.
    func tell(_ doubt: DeletionDoubt, _ report: RefreshReport) {
        let what =
            report.doubted > 0
            ? "X does not find \(report.doubted) posts that were there before, too many to be true: nothing is deleted for it"
            : "X's deletions are still doubted: nothing is deleted"
        logger.log(
            report.doubted > 0 ? .warning : .notice,
            "\(what); a sample is asked for again from \(doubt.nextSample.rfc3339) on. Where they are really gone: "
                + "reprise refresh --accept-deletions"
        )
    }

    /// Asks again for a sample of what is doubted, where it is time.
    ///
    /// - Returns: false where X finds nothing at all, so that asking for more is of no use.
    func sampleAgain(_ report: inout RefreshReport, _ shutdown: ShutdownSignal) throws -> Bool {
        guard var doubt, !acceptsDeletions, doubt.isSampleDue(at: clock.now) else { return true }
        var chunk = try doubt.sample.compactMap { try posts.state(of: $0) }.filter { !$0.isSuperseded }
        guard !chunk.isEmpty else {
            // Nobody knows any more which posts they were.
            try believe("cleared", &report)
            return true
        }
        trim(&chunk, &report)
        guard !chunk.isEmpty else { return true }
        // The sample is judged by itself.
        beginStretch(DeletionJudge.Carried())
        try askPatiently(chunk, chosenOn: day.number, &report, shutdown)
        let sum = judge.asked
        guard sum > 0 else { return true }
        guard judge.limit.isExceeded(judge.gone, of: sum) else {
            logger.notice(
                "X finds \(judge.found) of \(sum) posts again that it did not find before; nothing was deleted"
            )
            // What of them is missing now is decided with the rest of the pass.
            try lookups.believe([], [("why", .string("cleared")), ("asked", .integer(Int64(sum)))])
            self.doubt = nil
            return true
        }
        doubt.found += judge.found
        if doubt.isConfirmed(at: clock.now) {
            logger.warning(
                "X has not found \(judge.gone) of \(sum) posts for a day, and finds others: deletions are believed again"
            )
            try believe("confirmed", &report)
            acceptsDeletions = true
            beginStretch()
            return true
        }
        doubt.sampled = clock.now
        try note(doubt, &report)
        defer { beginStretch() }
        return judge.found > 0 || doubt.found > 0
    }
}
