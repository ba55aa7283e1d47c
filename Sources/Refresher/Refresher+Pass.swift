internal import Journal
public import Lifecycle
internal import SQLite
internal import Time
internal import XAPI

extension Refresher {
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
        // Said once, it holds for one pass.
        defer { acceptsDeletions = false }
        do { return try passOnce(shutdown) } catch let error as SQLiteError where openPosts?.isDamaged(error) == true {
            openPosts = nil
            try PostsFile.setAside(access.directory, error, logger)
            return try passOnce(shutdown)
        }
    }

    private func passOnce(_ shutdown: ShutdownSignal) throws -> RefreshReport {
        try catchUp(shutdown)
        try posts.keepToSchedule()
        beginStretch()
        if acceptsDeletions { try posts.forgetPutOffs() }
        guard try posts.mayBeDue(at: clock.now) else {
            var report = RefreshReport()
            report.left = ledger?.left(on: day.number)
            report.isDoubting = doubt != nil
            return report
        }
        try compareWithX(shutdown)
        var report = RefreshReport()
        lostAnswers = 0
        let before = ledger?.spentInRun ?? 0
        let isOfUse = try sampleAgain(&report, shutdown)
        var due = try choose(report)
        report.due = due.count
        while isOfUse, report.ending == .done {
            waitForCertainDay(shutdown)
            if shutdown.isRequested {
                report.ending = .stopped
                break
            }
            if day.number != due.day.number {
                // What was chosen because it cost nothing yesterday has its price today, and need not be due.
                try decide(&report)
                try catchUp(shutdown)
                due = try choose(report)
            }
            var chunk = try due.next(isProbing ? 1 : LookupRequest.idLimit)
            if chunk.isEmpty { break }
            trim(&chunk, &report)
            if chunk.isEmpty { break }
            try askPatiently(chunk, chosenOn: due.day.number, &report, shutdown)
            try decideIfLong(&report)
        }
        try decide(&report)
        report.isDoubting = doubt != nil
        if let doubt { tell(doubt, report) }
        try lookups.sync()
        warn(of: report)
        report.left = ledger?.left(on: day.number)
        if let ledger { report.spent = ledger.spentInRun - before }
        // So that an explanation knows of it; where it cannot be done now, the next pass does it first.
        do { try posts.catchUp(with: access.open(), shutdown) } catch let error as JournalError
            where error.code == .locked
        {}
        return report
    }

    private func choose(_ report: RefreshReport) throws -> DuePosts {
        let answered = report.read + report.gone + report.doubted + report.unknown + report.withoutCounts
        let day = day
        return try DuePosts(
            posts,
            day,
            limit: configuration.readLimit.map { max(0, $0 - answered) },
            affordable: ledger?.left(on: day.number)
        )
    }
}
