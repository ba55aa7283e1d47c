internal import Glibc
internal import Numbers
internal import SQLite
public import Time

/// The embedded index, opened for reading, also while another process writes it.
///
/// Each answer is of one moment. From any thread, one question at a time.
public final class IndexReader: @unchecked Sendable {
    // Sendable because the connection and its statements are only used under `lock`.
    private let lock = Exclusive()
    private let connection: Connection
    private let totals: Statement
    private let newest: Statement
    private let minutes: Statement
    private let recent: Statement
    private let observed: Statement
    private let liked: MostLiked

    /// The file's path as it was given.
    public let path: String

    /// Opens an index that exists.
    ///
    /// - Throws: `IndexError`: `.notFound`, `.unusable` or `.database`.
    public init(path: String) throws(IndexError) {
        self.path = path
        guard access(path, F_OK) == 0 else {
            throw IndexError(
                code: .notFound,
                message: "there is no index at \(path): `reprise run` makes one, "
                    + "`reprise replay --sink sqlite:\(path)` fills one from the journal"
            )
        }
        do {
            connection = try Connection(path: path, mode: .readOnly, busyTimeout: .seconds(1))
            guard try IndexSchema.migrator.version(of: connection) == IndexSchema.version else {
                throw IndexError(
                    code: .unusable,
                    message: "\(path) is empty or of an older version: open it once for writing"
                )
            }
            totals = try connection.prepare("SELECT category, count, likes, counted FROM totals ORDER BY category")
            recent = try connection.prepare(
                "SELECT category, sum(count) FROM minutes WHERE minute >= ? GROUP BY category"
            )
            newest = try connection.prepare("SELECT observed_at FROM newest")
            observed = try connection.prepare(
                "SELECT (SELECT min(minute) FROM observed), (SELECT max(minute) FROM observed)"
            )
            liked = try MostLiked(connection)
            minutes = try connection.prepare(
                "SELECT category, (minute - ?1) / ?3, sum(count) FROM minutes WHERE minute >= ?1 AND minute < ?2 "
                    + "GROUP BY 1, 2 ORDER BY 1, 2"
            )
        } catch {
            throw IndexError.opening(path, error)
        }
    }

    /// A number that changes whenever the index was written to; it means nothing else.
    ///
    /// Cheap enough to ask many times a second.
    ///
    /// - Throws: `IndexError` with `.database`.
    public func changeCounter() throws(IndexError) -> Int64 {
        try ask { try connection.dataVersion() }
    }

    /// How many posts there are in all and how many since a time, and their likes.
    ///
    /// - Parameter since: rounded down to its minute; for the posts of today, midnight UTC.
    /// - Throws: `IndexError` with `.database`.
    public func summary(since: Timestamp) throws(IndexError) -> IndexSummary {
        try ask {
            defer { for statement in [totals, recent, newest, observed] { statement.reset() } }
            // By bytes: to Swift, names that differ only in their composition are equal; to SQLite they are not.
            var recentCounts: [[UInt8]: Int] = [:]
            try recent.bind(since.minute, at: 0)
            while try recent.step() { recentCounts[Array((recent.string(0) ?? "").utf8)] = figure(recent, 1) }
            var categories: [IndexSummary.Category] = []
            while try totals.step() {
                let name = totals.string(0) ?? ""
                let recent = recentCounts[Array(name.utf8)] ?? 0
                categories.append(
                    .init(
                        name: name,
                        total: figure(totals, 1),
                        recent: recent,
                        likes: figure(totals, 2),
                        counted: figure(totals, 3)
                    )
                )
            }
            let observedAt = try newest.step() ? newest.optionalInt64(0) : nil
            let minutes = try observed.step() ? (observed.optionalInt64(0), observed.optionalInt64(1)) : (nil, nil)
            return IndexSummary(
                categories: categories,
                newest: observedAt.map { Timestamp(microseconds: $0) },
                oldestLikes: minutes.0.map { Timestamp(minute: $0) },
                newestLikes: minutes.1.map { Timestamp(minute: $0) }
            )
        }
    }

    /// The posts with the most likes among those whose newest likes were observed within a stretch of time.
    ///
    /// - Parameters:
    ///   - start: the beginning, rounded down to its minute.
    ///   - end: the end; its whole minute belongs to it. At most a day behind the start.
    ///   - limit: how many posts at most, 1...100.
    /// - Returns: most likes first, equal ones by their id; posts without a like are left out.
    /// - Throws: `IndexError` with `.database`.
    public func mostLiked(from start: Timestamp, through end: Timestamp, limit: Int) throws(IndexError) -> [LikedPost] {
        precondition(start <= end && end.minute - start.minute <= 1_440, "the most liked of a day at most")
        precondition((1...100).contains(limit), "the most liked are 1 to 100 posts")
        return try ask { try liked.find(minutes: start.minute...end.minute, limit: limit) }
    }

    /// Posts by category along time.
    ///
    /// - Parameters:
    ///   - start: where the first bucket begins, rounded down to its minute.
    ///   - bucketMinutes: the length of a bucket, at least 1.
    ///   - bucketCount: how many buckets, 1...10,000.
    /// - Throws: `IndexError` with `.database`.
    public func timeline(
        from start: Timestamp,
        bucketMinutes: Int,
        bucketCount: Int
    ) throws(IndexError) -> IndexTimeline {
        precondition(bucketMinutes > 0 && (1...10_000).contains(bucketCount), "a timeline has 1 to 10,000 buckets")
        return try ask {
            defer { minutes.reset() }
            try minutes.bind(start.minute, at: 0)
            try minutes.bind(start.minute.saturatingAdd(Int64(bucketMinutes * bucketCount)), at: 1)
            try minutes.bind(Int64(bucketMinutes), at: 2)
            var series: [(category: String, counts: [Int])] = []
            while try minutes.step() {
                let category = minutes.string(0) ?? ""
                if series.last.map({ !$0.category.utf8.elementsEqual(category.utf8) }) ?? true {
                    series.append((category, [Int](repeating: 0, count: bucketCount)))
                }
                series[series.count - 1].counts[Int(minutes.int64(1))] = figure(minutes, 2)
            }
            return IndexTimeline(
                start: Timestamp(minute: start.minute),
                bucketMinutes: bucketMinutes,
                series: series.map { .init(category: $0.category, counts: $0.counts) }
            )
        }
    }

    /// A count as the file holds it: none where it is negative, and no more than 2^53, which JSON carries exactly.
    private func figure(_ row: Statement, _ column: Int) -> Int {
        min(max(0, Int(clamping: row.int64(column))), 1 << 53)
    }

    private func ask<Result>(_ body: () throws -> Result) throws(IndexError) -> Result {
        do {
            return try lock.run { try connection.snapshot(body) }
        } catch {
            throw IndexError(code: .database, message: "reading the index \(path) failed", cause: error)
        }
    }
}

extension Timestamp {
    /// Whole minutes since 1970 UTC, rounded down.
    fileprivate var minute: Int64 { rawValue.whole(60_000_000) }

    /// The beginning of a minute.
    fileprivate init(minute: Int64) { self.init(microseconds: minute.saturatingMultiply(by: 60_000_000)) }
}
