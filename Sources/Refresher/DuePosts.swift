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

    init(_ file: PostsFile, _ day: BillingDay, limit: Int?) throws {
        self.day = day
        let connection = file.connection
        try connection.execute(
            """
            CREATE TEMP TABLE IF NOT EXISTS chosen (place INTEGER PRIMARY KEY, id INTEGER NOT NULL, free INTEGER NOT NULL) STRICT;
            DELETE FROM chosen;
            """
        )
        // As BillingDay.isFree has it.
        let choose = try connection.prepare(
            """
            INSERT INTO chosen (id, free)
            SELECT id, ?3 AND (coalesce(sighted, 0) >= ?4 OR (observed >= ?5 AND observed > coalesce(sighted, 0))) IS TRUE AS paid
            FROM posts
            WHERE due <= ?2 AND (due <= ?1 OR (paid AND due >= ?6 AND free_from <= ?1))
            ORDER BY paid DESC, value DESC, due, id
            LIMIT ?7
            """
        )
        try choose.bind(day.here.rawValue, at: 0)
        try choose.bind(day.freeUntil.rawValue, at: 1)
        try choose.bind(day.isFreeAgain ? 1 : 0, at: 2)
        try choose.bind(day.sightedFrom.rawValue, at: 3)
        try choose.bind(day.lookedUpFrom?.rawValue, at: 4)
        try choose.bind(day.midnight.rawValue, at: 5)
        try choose.bind(Int64(limit ?? -1), at: 6)
        try choose.run()
        count = connection.changes
        let free = try connection.prepare("SELECT count(*) FROM chosen WHERE free")
        freeCount = try free.step() ? Int(free.int64(0)) : 0
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
