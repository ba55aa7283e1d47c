internal import SQLite
internal import Time

extension PostsFile {
    /// Posts of which nothing was told are left alone for ten minutes at first, and twice as long each further time.
    static let firstPutOff = Duration.seconds(600)
    /// The longest that they are.
    static let longestPutOff = Duration.seconds(604_800)

    /// Notes of which posts of a question X told something, and puts the others off, so that they stand in nobody's way.
    func putOff(_ asked: [PostState], except told: Set<UInt64>, at now: Timestamp) throws {
        let silent = asked.filter { !told.contains($0.id) }
        guard try !silent.isEmpty || hasPutOff else { return }
        try connection.transaction {
            let forget = try connection.prepare("DELETE FROM put_off WHERE id = ?")
            for post in asked where told.contains(post.id) {
                try forget.bind(Int64(bitPattern: post.id), at: 0)
                try forget.run()
            }
            let note = try connection.prepare(
                """
                INSERT INTO put_off (id, times, until) VALUES (?1, 1, ?2 + ?3)
                ON CONFLICT DO UPDATE SET times = min(max(times, 0), 20) + 1, until = ?2 + min(?4, ?3 << min(max(times, 0), 20))
                """
            )
            for post in silent {
                try note.bind(Int64(bitPattern: post.id), at: 0)
                try note.bind(now.rawValue, at: 1)
                try note.bind(PostsFile.firstPutOff.microseconds, at: 2)
                try note.bind(PostsFile.longestPutOff.microseconds, at: 3)
                try note.run()
            }
        }
    }

    /// Leaves posts alone for the shortest while, however often it has been done.
    func putOff(_ posts: [PostState], at now: Timestamp) throws {
        try putOff(posts.map(\.id), until: now + PostsFile.firstPutOff)
    }

    /// Leaves posts alone until a time, however often it has been done.
    func putOff(_ ids: [UInt64], until time: Timestamp) throws {
        try connection.transaction {
            let note = try connection.prepare(
                "INSERT INTO put_off (id, times, until) VALUES (?1, 0, ?2) ON CONFLICT DO UPDATE SET until = max(until, ?2)"
            )
            for id in ids {
                try note.bind(Int64(bitPattern: id), at: 0)
                try note.bind(time.rawValue, at: 1)
                try note.run()
            }
        }
    }

    /// Until when a post is left alone, and how often in a row X told nothing of it; nil where it is not put off.
    func putOff(_ id: UInt64) throws -> (until: Timestamp, times: Int)? {
        let select = try connection.prepare("SELECT until, times FROM put_off WHERE id = ?")
        try select.bind(Int64(bitPattern: id), at: 0)
        return try select.step()
            ? (Timestamp(rawValue: select.int64(0)), Int(clamping: max(0, select.int64(1)))) : nil
    }

    /// Puts nothing off any more.
    func forgetPutOffs() throws { try connection.execute("DELETE FROM put_off") }

    private var hasPutOff: Bool {
        get throws { try connection.prepare("SELECT 1 FROM put_off LIMIT 1").step() }
    }
}
