internal import Failures
internal import Lifecycle
internal import Logging
internal import Time
internal import XAPI

extension Refresher {
    /// So many answers in a pass that X may have billed, and that told nothing, mean that X or the way to it is in trouble.
    private static let lostAnswerLimit = 2
    /// Posts that came without counts are left alone for six times as long as others, for they may be billed each time.
    private static let withoutCountsDelay = PostsFile.firstPutOff * 5

    /// Counts the posts that X told nothing of, and puts them off.
    ///
    /// - Parameter withoutCounts: posts that X returned, and so billed, but without what a document needs.
    func tell(
        of asked: [PostState],
        only told: Set<UInt64>,
        withoutCounts: Set<UInt64> = [],
        _ report: inout RefreshReport
    ) throws {
        let bare = asked.filter { withoutCounts.contains($0.id) }
        let others = bare.isEmpty ? asked : asked.filter { !withoutCounts.contains($0.id) }
        report.unknown += others.count { !told.contains($0.id) }
        report.withoutCounts += bare.count
        try posts.putOff(others, except: told, at: clock.now)
        if !bare.isEmpty { try posts.putOff(bare, except: [], at: clock.now + Refresher.withoutCountsDelay) }
    }

    /// Settles a request that failed, and takes X's time from it.
    ///
    /// - Returns: the posts that count as spent.
    func settle(after error: XAPIError, _ number: Int, _ cost: Int) throws -> Int {
        if error.isUnbilled { try ledger?.settle(0, for: number) }
        try learnTime(error.date)
        return error.isUnbilled ? 0 : cost
    }

    /// Leaves posts alone after an answer that X may have billed and that told nothing of them, or that was lost on its way: it has
    /// counted, once, and to ask again might be billed again.
    ///
    /// They come back in parts, so that one post that X fails on does not keep the others from being read.
    ///
    /// - Throws: the error, where an operator is needed.
    func leave(
        _ chunk: [PostState],
        after error: XAPIError,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws {
        report.unknown += chunk.count
        // Whoever gave the answer up says nothing of X, and nothing of these posts.
        if shutdown.isRequested {
            report.ending = .stopped
            return
        }
        lostAnswers += 1
        isProbing = true
        if chunk.count == 1 {
            try posts.putOff(chunk, except: [], at: clock.now)
        } else {
            let size = (chunk.count + 3) / 4
            for part in 0..<4 where part * size < chunk.count {
                let posts = Array(chunk[(part * size)..<min(chunk.count, (part + 1) * size)])
                try self.posts.putOff(posts, at: clock.now + PostsFile.firstPutOff * part)
            }
        }
        let counted =
            chunk.count == 1
            ? "1 post may have been billed, and waits for a later pass"
            : "\(chunk.count) posts may have been billed, and wait for a later pass"
        if error.failureCause.kind == .operatorNeeded {
            var error = error
            error.message += "; \(counted)"
            throw error
        }
        if error.isForeign || lostAnswers >= Refresher.lostAnswerLimit {
            report.ending = .refused("\(error); \(counted)")
        } else {
            logger.warning("\(error); \(counted)")
            wait(until: Deadline(after: configuration.firstWait, on: monotonic), shutdown)
        }
    }

    /// Says once, at the end of a pass, that posts came without counts.
    func warn(of report: RefreshReport) {
        guard report.withoutCounts > 0 else { return }
        logger.warning(
            "X returned \(report.withoutCounts) post\(report.withoutCounts == 1 ? "" : "s") without counts or text, and may have billed "
                + "them; they are put off. Look whether --fields has public_metrics, and whether X's changelog names other fields"
        )
    }
}
