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
    let schedule: RefreshSchedule
    /// What `due` is reckoned by just now: the file's own, which all keep to who write to it.
    private(set) var reckoning: RefreshSchedule
    private let select: Statement
    let reposts: Statement
    let versions: Statement
    let upsert: Statement

    static let columns = [
        "id", "kind", "first", "sighted", "rules", "observed", "likes", "observed_before", "likes_before", "gone",
        "gone_before", "superseded", "newest", "original", "original_gone", "author",
    ]

    /// Opens the file of a journal; a missing one is made.
    ///
    /// - Parameters:
    ///   - schedule: what `due` is reckoned by.
    ///   - isStopped: asked while another process locks the file; true ends the wait.
    /// - Throws: `SQLiteError`.
    public init(
        journal: String,
        schedule: RefreshSchedule,
        isStopped: @escaping () -> Bool = { false }
    ) throws {
        // The journal is the truth; what a power cut takes from here is filled in again.
        connection = try Connection(path: "\(journal)/posts.sqlite", durability: .normal, isStopped: isStopped)
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
        reckoning = schedule
        let columns = PostsFile.columns
        select = try connection.prepare("SELECT \(columns.joined(separator: ", ")) FROM posts WHERE id = ?")
        reposts = try connection.prepare(
            "SELECT \(columns.joined(separator: ", ")) FROM posts WHERE original = ? AND id > ? ORDER BY id LIMIT 1000"
        )
        versions = try connection.prepare("SELECT id FROM posts WHERE newest = ?")
        let all = columns + ["due", "free_from", "value"]
        upsert = try connection.prepare(
            "INSERT OR REPLACE INTO posts (\(all.joined(separator: ", "))) "
                + "VALUES (\(all.map { _ in "?" }.joined(separator: ", ")))"
        )
    }

    /// Brings the file up to date with the journal that it belongs to.
    ///
    /// - Throws: `JournalError`: `locked` where another process is doing it; `SQLiteError`.
    func catchUp(with journal: Journal, _ shutdown: ShutdownSignal) throws {
        let sink = PostsSink(self)
        let checkpoint = try Checkpoint(
            journal: journal,
            name: "posts-\(identity.prefix(16))",
            sink: sink.identity,
            transform: Replayer.transformDigest,
            isStopped: { shutdown.isRequested }
        )
        try Replayer(journal: journal, configuration: ReplayConfiguration(), sink: sink, checkpoint: checkpoint)
            .run(shutdown)
    }

    /// The schedule that the file keeps to, as it describes itself; empty before the first.
    private var kept: String {
        get throws {
            let known = try connection.prepare("SELECT schedule FROM identity")
            return try known.step() ? known.string(0) ?? "" : ""
        }
    }

    /// The schedule of the refresher that filled the file last; nil before the first.
    var keptSchedule: RefreshSchedule? { get throws { try RefreshSchedule(describedBy: kept) } }

    /// From now on reckons by the schedule that the file keeps to, whoever it was that set it.
    func reckonAsKept() throws { reckoning = try keptSchedule ?? schedule }

    /// Makes this connection alone see every post as its own schedule has it.
    ///
    /// For those who only look, while a refresher may be at work by another schedule. A temporary table hides the file's.
    func lookBySchedule() throws {
        guard try kept != schedule.description else { return }
        try connection.execute(
            """
            CREATE TEMP TABLE posts AS SELECT * FROM main.posts;
            CREATE UNIQUE INDEX temp.own_posts ON posts (id);
            """
        )
        reckoning = schedule
        // Not for writing: that would keep the refresher out of the file.
        try connection.snapshot { try reckonAll() }
        try connection.execute("CREATE INDEX temp.own_due ON posts (due)")
    }

    private func reckonAll() throws {
        let all = try connection.prepare(
            "SELECT \(PostsFile.columns.joined(separator: ", ")) FROM posts WHERE id > ? ORDER BY id LIMIT 1000"
        )
        try forEach(all, behind: 0, put)
    }

    /// Reckons every post anew where the schedule is another than it was; for the one refresher of a journal.
    func keepToSchedule() throws {
        let name = schedule.description
        reckoning = schedule
        guard try kept != name else { return }
        try connection.transaction {
            try reckonAll()
            let set = try connection.prepare("UPDATE identity SET schedule = ?")
            try set.bind(name, at: 0)
            try set.run()
        }
    }

    /// Whether a post is due now, or soon enough that it may be read now for nothing.
    func mayBeDue(at now: Timestamp) throws -> Bool {
        let first = try connection.prepare("SELECT 1 FROM posts WHERE due <= ? LIMIT 1")
        try first.bind((now + RefreshSchedule.midnightReach * 2).rawValue, at: 0)
        return try first.step()
    }

    /// What is known of a post, or nil.
    public func state(of id: UInt64) throws -> PostState? {
        try select.bind(Int64(bitPattern: id), at: 0)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return PostsFile.state(select)
    }
}
