internal import SQLite
internal import Time

/// The posts that are due at the start of a pass, the most valuable reads first: those that cost nothing, then by likes expected.
///
/// They are chosen once, into a table of this connection alone, so that a pass asks for none twice.
final class DuePosts {
    private let page: Statement
    private var place: Int64 = 0
    /// The day they were chosen on.
    let day: BillingDay
    /// How many there are.
    let count: Int
    /// How many of them cost nothing, because they were paid today.
    let freeCount: Int

    /// - Parameters:
    ///   - limit: the most that may be read.
    ///   - affordable: how many may be bought; nil where nothing limits them.
    init(_ file: PostsFile, _ day: BillingDay, limit: Int?, affordable: Int? = nil) throws {
        self.day = day
        let connection = file.connection
        try connection.execute(
            """
            CREATE TEMP TABLE IF NOT EXISTS chosen (place INTEGER PRIMARY KEY, id INTEGER NOT NULL, free INTEGER NOT NULL) STRICT;
            DELETE FROM chosen;
            """
        )
        func statement(_ head: String, _ tail: String) throws -> Statement {
            // As BillingDay.isFree has it. A put-off that lies too far ahead was written by a clock that was set back since.
            let statement = try connection.prepare(
                """
                \(head) FROM (
                    SELECT id, due, value,
                        ?3 AND (coalesce(sighted, 0) >= ?4 OR (observed >= ?5 AND observed > coalesce(sighted, 0))) IS TRUE AS paid,
                        free_from
                    FROM posts
                    WHERE due <= ?2 AND NOT EXISTS (
                        SELECT 1 FROM put_off o WHERE o.id = posts.id AND o.until > ?1 AND o.until <= ?1 + ?7
                    )
                )
                WHERE (due <= ?1 OR (paid AND due >= ?6 AND free_from <= ?1)) \(tail)
                """
            )
            let values: [Int64?] = [
                day.here.rawValue, day.freeUntil.rawValue, day.isFreeAgain ? 1 : 0, day.sightedFrom.rawValue,
                day.lookedUpFrom?.rawValue, day.midnight.rawValue, PostsFile.longestPutOff.microseconds,
            ]
            for (index, value) in values.enumerated() { try statement.bind(value, at: index) }
            return statement
        }
        let sums = try statement("SELECT count(*), coalesce(sum(paid), 0)", "")
        _ = try sums.step()
        let (all, free) = (Int(sums.int64(0)), Int(sums.int64(1)))
        sums.reset()
        count = min(all, limit ?? all)
        freeCount = min(free, count)
        // Where nothing can be bought, one that would have to be says that there are more.
        let chosen = affordable == 0 ? min(count, freeCount + 1) : count
        try statement(
            "INSERT INTO chosen (id, free) SELECT id, paid",
            "ORDER BY paid DESC, value DESC, due DESC, id LIMIT \(chosen)"
        ).run()
        page = try connection.prepare(
            "SELECT \(PostsFile.columns.map { "p.\($0)" }.joined(separator: ", ")), chosen.place "
                + "FROM chosen JOIN posts p ON p.id = chosen.id WHERE chosen.place > ?1 ORDER BY chosen.place LIMIT ?2"
        )
    }

    /// The next ones, in order; none where all were given.
    func next(_ limit: Int) throws -> [PostState] {
        try page.bind(place, at: 0)
        try page.bind(Int64(limit), at: 1)
        defer { page.reset() }
        var posts: [PostState] = []
        while try page.step() {
            posts.append(PostsFile.state(page))
            place = page.int64(PostsFile.columns.count)
        }
        return posts
    }
}
