internal import Journal
internal import Lifecycle
internal import Replayer
internal import SQLite
internal import Time

/// What is known of each post, in `posts.sqlite`.
///
/// It can be deleted, and is filled from the journal again. One thread at a time.
public final class PostsFile {
    let connection: Connection
    /// A name made by chance when the file was made, so that a checkpoint for one file never fits another.
    public let identity: String
    private let directory: String
    private let schedule: RefreshSchedule
    private let select: Statement
    private let reposts: Statement
    private let upsert: Statement

    static let columns = [
        "id", "kind", "first", "sighted", "rules", "observed", "likes", "observed_before", "likes_before", "gone",
        "gone_before", "superseded", "original", "original_gone",
    ]

    /// Opens the file of a journal; a missing one is made.
    ///
    /// - Parameter schedule: what `due` is reckoned by.
    /// - Throws: `SQLiteError`.
    public init(journal: String, schedule: RefreshSchedule) throws {
        // The journal is the truth; what a power cut takes from here is filled in again.
        connection = try Connection(path: "\(journal)/posts.sqlite", durability: .normal)
        try connection.execute("PRAGMA cache_size=-4000")
        try PostsSchema.migrator.migrate(connection)
        try connection.execute(
            "INSERT INTO identity (one, uuid) VALUES (1, lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING"
        )
        let name = try connection.prepare("SELECT uuid FROM identity")
        guard try name.step(), let identity = name.string(0) else {
            throw RefresherError(.unusable, "\(connection.path) has lost its identity; delete it, it is filled again")
        }
        name.reset()
        self.identity = identity
        self.schedule = schedule
        directory = journal
        let columns = PostsFile.columns
        select = try connection.prepare("SELECT \(columns.joined(separator: ", ")) FROM posts WHERE id = ?")
        reposts = try connection.prepare("SELECT \(columns.joined(separator: ", ")) FROM posts WHERE original = ?")
        let all = columns + ["due", "value"]
        upsert = try connection.prepare(
            "INSERT OR REPLACE INTO posts (\(all.joined(separator: ", "))) "
                + "VALUES (\(all.map { _ in "?" }.joined(separator: ", ")))"
        )
    }

    /// Brings the file up to date with its journal.
    ///
    /// - Throws: `JournalError`: `locked` where another process is doing it; `SQLiteError`.
    func catchUp(_ shutdown: ShutdownSignal) throws {
        let journal = try Journal(directory: directory)
        let sink = PostsSink(self)
        let checkpoint = try Checkpoint(
            journal: journal,
            name: "posts-\(identity.prefix(16))",
            sink: sink.identity,
            transform: Replayer.transformDigest
        )
        try Replayer(journal: journal, configuration: ReplayConfiguration(), sink: sink, checkpoint: checkpoint)
            .run(shutdown)
    }

    /// Reckons every post anew where the schedule is another than it was.
    func keepToSchedule() throws {
        let name = schedule.description
        let known = try connection.prepare("SELECT schedule FROM identity")
        guard try known.step(), known.string(0) != name else { return }
        known.reset()
        try connection.transaction {
            let rows = try connection.prepare(
                "SELECT \(PostsFile.columns.joined(separator: ", ")) FROM posts WHERE id > ? ORDER BY id LIMIT 1000"
            )
            var last = Int64.min
            while true {
                try rows.bind(last, at: 0)
                var states: [PostState] = []
                while try rows.step() { states.append(PostsFile.state(rows)) }
                rows.reset()
                guard let end = states.last else { break }
                for state in states { try put(state) }
                last = Int64(bitPattern: end.id)
            }
            let set = try connection.prepare("UPDATE identity SET schedule = ?")
            try set.bind(name, at: 0)
            try set.run()
        }
    }

    /// What is known of a post, or nil.
    public func state(of id: UInt64) throws -> PostState? {
        try select.bind(Int64(bitPattern: id), at: 0)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return PostsFile.state(select)
    }

    /// Writes what is known of a post, and to its reposts whether it is gone.
    ///
    /// - Parameter old: what was known of it before.
    func put(_ new: PostState, insteadOf old: PostState) throws {
        var new = new
        if let original = new.original, old.original == nil {
            new.originalGone = try state(of: original).flatMap { $0.isGone ? $0.gone : nil }
        }
        try put(new)
        let gone = new.isGone ? new.gone : nil
        guard gone != (old.isGone ? old.gone : nil) else { return }
        try reposts.bind(Int64(bitPattern: new.id), at: 0)
        var found: [PostState] = []
        while try reposts.step() { found.append(PostsFile.state(reposts)) }
        reposts.reset()
        for var repost in found {
            repost.originalGone = gone
            try put(repost)
        }
    }

    /// Writes what is known of a post, with when it is due.
    func put(_ state: PostState) throws {
        func bind(_ time: Timestamp?, _ index: Int) throws { try upsert.bind(time?.rawValue, at: index) }
        try upsert.bind(Int64(bitPattern: state.id), at: 0)
        try upsert.bind(state.isRepost ? 1 : 0, at: 1)
        try bind(state.first, 2)
        try bind(state.sighted, 3)
        try upsert.bind(String(decoding: state.rules, as: UTF8.self), at: 4)
        try bind(state.last?.time, 5)
        try upsert.bind(state.last?.likes, at: 6)
        try bind(state.before?.time, 7)
        try upsert.bind(state.before?.likes, at: 8)
        try bind(state.gone, 9)
        try bind(state.goneBefore, 10)
        try upsert.bind(state.isSuperseded ? 1 : 0, at: 11)
        try upsert.bind(state.original.map { Int64(bitPattern: $0) }, at: 12)
        try bind(state.originalGone, 13)
        try bind(schedule.due(state).time, 14)
        try upsert.bind(schedule.value(state), at: 15)
        try upsert.run()
    }

    /// A row's first columns as a state.
    static func state(_ row: Statement) -> PostState {
        func time(_ column: Int) -> Timestamp? { row.optionalInt64(column).map { Timestamp(rawValue: $0) } }
        func observation(_ column: Int) -> PostState.Observation? {
            time(column).map { PostState.Observation(time: $0, likes: row.int64(column + 1)) }
        }
        var state = PostState(id: UInt64(bitPattern: row.int64(0)))
        state.isRepost = row.int64(1) != 0
        state.first = time(2)
        state.sighted = time(3)
        state.rules = row.withText(4) { Array($0) }
        state.last = observation(5)
        state.before = observation(7)
        state.gone = time(9)
        state.goneBefore = time(10)
        state.isSuperseded = row.int64(11) != 0
        state.original = row.optionalInt64(12).map { UInt64(bitPattern: $0) }
        state.originalGone = time(13)
        return state
    }
}
