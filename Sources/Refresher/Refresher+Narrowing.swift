internal import Lifecycle
internal import Logging
internal import Time
internal import XAPI

extension Refresher {
    /// Takes out what the budget does not allow.
    func trim(_ chunk: inout [PostState], _ report: inout RefreshReport) {
        let today = day
        var left = ledger?.left(on: today.number) ?? Int.max
        let all = chunk.count
        chunk = chunk.filter { post in
            if today.isFree(post) { return true }
            left -= 1
            return left >= 0
        }
        if chunk.count < all { report.ending = .budget }
    }

    /// So many questions in a row without an answer mean that X itself is in trouble.
    ///
    /// More than it takes to find one bad post, or two beside each other, at the beginning of a hundred.
    private static let failureLimit = 10

    /// Asks for some posts; where X refuses to answer for all of them, for fewer and fewer, until those stand alone that it cannot answer.
    ///
    /// One post that X fails on must not keep the others from being read. Where X itself is in trouble, the pass is over.
    func askPatiently(
        _ chunk: [PostState],
        chosenOn: Int,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws {
        let failure = try ask(chunk, chosenOn: chosenOn, tries: configuration.tryLimit, &report, shutdown)
        guard let failure else { return }
        var hunt = Hunt(chosenOn: chosenOn, ending: report.ending)
        try narrow(chunk, &hunt, &report, shutdown)
        guard report.ending == hunt.ending, hunt.settled.count < chunk.count else { return }
        if hunt.failures < Refresher.failureLimit, !hunt.settled.isEmpty {
            logger.warning("X has no answer to questions for \(hunt.alone.map { "\($0.id)" }.joined(separator: ", "))")
            try tell(of: hunt.alone, only: [], &report)
        } else {
            let rest = chunk.filter { !hunt.settled.contains($0.id) }
            // X is in trouble, and nobody knows whether these have a part in it: they are not held back for longer each time.
            report.ending = .refused(failure)
            report.unknown += rest.count
            try posts.putOff(rest, at: clock.now)
        }
    }

    /// The search for the posts that keep X from answering.
    private struct Hunt {
        let chosenOn: Int
        let ending: RefreshReport.Ending
        /// Questions without an answer since the last one that had one.
        var failures = 0
        /// Posts that were answered.
        var settled: Set<UInt64> = []
        /// Posts to which X had no answer even alone.
        var alone: [PostState] = []
    }

    /// Asks for the halves of what had no answer, one after the other and each to its end.
    private func narrow(
        _ chunk: [PostState],
        _ hunt: inout Hunt,
        _ report: inout RefreshReport,
        _ shutdown: ShutdownSignal
    ) throws {
        guard chunk.count > 1 else { return }
        for half in [chunk.prefix(chunk.count / 2), chunk.suffix(from: chunk.count / 2)].map(Array.init) {
            guard hunt.failures < Refresher.failureLimit else { return }
            let failure = try ask(half, chosenOn: hunt.chosenOn, tries: 1, &report, shutdown)
            guard report.ending == hunt.ending else { return }
            hunt.failures = failure == nil ? 0 : hunt.failures + 1
            if failure == nil {
                hunt.settled.formUnion(half.map(\.id))
            } else if half.count > 1 {
                try narrow(half, &hunt, &report, shutdown)
            } else {
                hunt.alone.append(half[0])
            }
        }
    }
}
