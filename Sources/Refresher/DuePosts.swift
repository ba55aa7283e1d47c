internal import SQLite
internal import Time

/// The posts that are due at the start of a pass, the most valuable reads first: those that cost nothing, then by likes expected.
///
/// They are chosen once, into a table of this connection alone, so that a pass asks for none twice.
final class DuePosts {
    private let file: PostsFile
    private let page: Statement
    private var place: Int64 = 0
    /// How many there are.
    let count: Int

    init(_ file: PostsFile, _ day: BillingDay, limit: Int?) throws {
        self.file = file
        let connection = file.connection
        try connection.execute(
            """
            CREATE TEMP TABLE IF NOT EXISTS chosen (place INTEGER PRIMARY KEY, id INTEGER NOT NULL) STRICT;
            DELETE FROM chosen;
            """
        )
        let choose = try connection.prepare(
            """
            INSERT INTO chosen (id)
            SELECT id FROM posts
            WHERE due <= ?1 OR (due <= ?2 AND max(coalesce(sighted, 0), coalesce(observed, 0)) >= ?3)
            ORDER BY max(coalesce(sighted, 0), coalesce(observed, 0)) >= ?3 AND ?4 DESC, value DESC, due, id
            LIMIT ?5
            """
        )
        try choose.bind(day.now.rawValue, at: 0)
        try choose.bind(day.freeUntil.rawValue, at: 1)
        try choose.bind(day.start.rawValue, at: 2)
        try choose.bind(day.isFreeAgain ? 1 : 0, at: 3)
        try choose.bind(Int64(limit ?? -1), at: 4)
        try choose.run()
        count = connection.changes
        page = try connection.prepare(
            "SELECT \(PostsFile.columns.map { "p.\($0)" }.joined(separator: ", ")), chosen.place "
                + "FROM chosen JOIN posts p ON p.id = chosen.id WHERE chosen.place > ?1 ORDER BY chosen.place LIMIT ?2"
        )
    }

    /// How many of them cost nothing, because they were paid today.
    func freeCount(_ day: BillingDay) throws -> Int {
        guard day.isFreeAgain else { return 0 }
        let select = try file.connection.prepare(
            "SELECT count(*) FROM chosen JOIN posts p ON p.id = chosen.id "
                + "WHERE max(coalesce(p.sighted, 0), coalesce(p.observed, 0)) >= ?"
        )
        try select.bind(day.start.rawValue, at: 0)
        return try select.step() ? Int(select.int64(0)) : 0
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
