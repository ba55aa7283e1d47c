public import Journal
public import Time
internal import XAPI

/// What of a recorded stream X has billed.
public enum BilledPosts {
    /// Counts the posts of the filtered stream that arrived at a time or later.
    ///
    /// They are lines with `data`, and fragments, which are posts that were cut. What damage has taken counts by the blocks'
    /// trailers.
    ///
    /// - Parameter limit: more than that need not be counted exactly; this bounds what is read.
    /// - Throws: `JournalError`: `io`, `corrupt`.
    public static func count(in journal: Journal, since time: Timestamp, upTo limit: Int) throws -> Int {
        let recorded = try journal.recordCount(of: .filtered, since: time)
        let reader = try RecordReader(journal: journal, source: .filtered, from: .time(time))
        let lines = BilledLines()
        var (billed, whole) = (0, 0)
        while let batch = try reader.nextBatch() {
            for mark in batch.records {
                switch mark.kind {
                case .keepAlive: break
                case .whole:
                    whole += 1
                    if lines.isBilled(batch.line(mark)) { billed += 1 }
                case .tooLong:
                    whole += 1
                    billed += 1
                case .torn:
                    if mark.length == 0 || lines.isBilled(batch.line(mark), isWhole: false) { billed += 1 }
                }
            }
            if billed >= limit { return billed }
        }
        // A recorder that was killed leaves the line in hand without an end; the next connection makes it a fragment.
        let isUnfinished = try journal.endOffset(of: .filtered) > max(reader.position, reader.passedEnd)
        return billed + max(0, recorded - whole) + (isUnfinished ? 1 : 0)
    }
}
