internal import Glibc
internal import SQLite
public import Time

/// How far a reader's work has come, by name: for each source the first byte of the first record that is not settled.
///
/// Kept in `state.sqlite`, bound to the sink it was made for and the transform that fed it, and held by one process at a time.
public final class Checkpoint {
    private let connection: Connection
    private let lock: FileHandle
    private let name: String
    private let clock: WallClock
    /// The positions saved last; a source that has none starts at its beginning.
    public private(set) var positions: [SourceName: ByteOffset]

    /// Whether what it was bound to is gone, and it begins from the start again.
    public private(set) var hasStartedOver = false

    static func path(journal: String) -> String { "\(journal)/state.sqlite" }

    /// Opens a checkpoint, or makes it where there is none of that name.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 of letters, digits, `-`, `_` and `.`, no dot first.
    ///   - sink: the identity of what is fed: a file, an index's UUID.
    ///   - transform: the digest of the transform.
    ///   - place: where the sink is, its address for example; empty where the identity says it.
    ///   - isEmpty: the sink has just been made: a checkpoint of the same place, whose sink is gone then, starts over.
    ///   - isStopped: asked while another process locks `state.sqlite`; true ends the wait.
    /// - Throws: `JournalError`: `locked` where another process holds it, `mismatch` where it belongs to another sink or
    ///   transform, `invalid` for a name, `unsupported` where a newer Reprise made it, `io`.
    public init(
        journal: Journal,
        name: String,
        sink: String,
        transform: String,
        place: String = "",
        isEmpty: Bool = false,
        clock: WallClock = .system,
        isStopped: @escaping () -> Bool = { false }
    ) throws {
        guard Checkpoint.isName(name) else {
            throw JournalError(
                .invalid,
                "'\(name)' cannot be a checkpoint's name: use up to 64 letters, digits, '-', '_' and '.'"
            )
        }
        let folder = "\(journal.directory)/checkpoints"
        try journal.disk.createFolder(folder)
        lock = try journal.disk.file("\(folder)/\(name).lock", O_RDWR | O_CREAT)
        guard try lock.tryLock() else {
            throw JournalError(.locked, "checkpoint '\(name)' is in use by another process; wait for it or stop it")
        }
        try Journal.checkDatabases(in: journal.directory)
        let path = Checkpoint.path(journal: journal.directory)
        connection = try Connection(path: path, durability: .full, isStopped: isStopped)
        try Checkpoint.migrator.migrate(connection)
        self.name = name
        self.clock = clock
        positions = [:]
        try connection.transaction { try bind(sink: sink, transform: transform, place: place, isEmpty: isEmpty) }
        let select = try connection.prepare("SELECT source, at_offset FROM positions WHERE checkpoint = ?")
        try select.bind(name, at: 0)
        while try select.step() {
            guard let source = select.string(0).flatMap(SourceName.init(rawValue:)) else { continue }
            positions[source] = ByteOffset(rawValue: UInt64(max(0, select.int64(1))))
        }
    }

    deinit {
        // A program that is just being started shares the descriptor until it runs, and the lock would outlive this object with it.
        // Where unlocking fails, closing the descriptor does it.
        try? lock.unlock()
    }

    /// The identity of the sink that a checkpoint was made for; nil where there is none of that name.
    ///
    /// - Throws: `JournalError` with code `unsupported` where a newer Reprise made it, or `SQLiteError`.
    public static func sink(of name: String, in journal: Journal) throws -> String? {
        try Journal.checkDatabases(in: journal.directory)
        let connection = try Connection(path: path(journal: journal.directory), durability: .full)
        try migrator.migrate(connection)
        let select = try connection.prepare("SELECT sink FROM checkpoints WHERE name = ?")
        try select.bind(name, at: 0)
        return try select.step() ? select.string(0) : nil
    }

    /// Saves how far each source is settled; durable on return.
    ///
    /// Call it only when everything before these positions is durable in the sink.
    ///
    /// - Throws: `SQLiteError`.
    public func save(_ settled: [SourceName: ByteOffset]) throws {
        try connection.transaction {
            let insert = try connection.prepare(
                "INSERT OR REPLACE INTO positions (checkpoint, source, at_offset, saved_us) VALUES (?, ?, ?, ?)"
            )
            for (source, offset) in settled.sorted(by: { $0.key < $1.key }) {
                try insert.bind(name, at: 0)
                try insert.bind(source.rawValue, at: 1)
                try insert.bind(Int64(offset.rawValue), at: 2)
                try insert.bind(clock.now.rawValue, at: 3)
                try insert.run()
            }
        }
        positions.merge(settled) { _, new in new }
    }

    private func bind(sink: String, transform: String, place: String, isEmpty: Bool) throws {
        let select = try connection.prepare("SELECT sink, transform, place FROM checkpoints WHERE name = ?")
        try select.bind(name, at: 0)
        if try select.step() {
            let (boundSink, boundTransform) = (select.string(0) ?? "", select.string(1) ?? "")
            if boundSink == sink, boundTransform == transform { return }
            guard isEmpty, !place.isEmpty, select.string(2) == place else {
                let what =
                    boundSink == sink
                    ? "transform \(boundTransform), not \(transform)"
                    : "another sink (\(boundSink), not \(sink)): it was made anew, moved, or is another"
                throw JournalError(
                    .mismatch,
                    "checkpoint '\(name)' belongs to \(what); use another name to begin from the start"
                )
            }
            select.reset()
            let delete = try connection.prepare("DELETE FROM positions WHERE checkpoint = ?")
            try delete.bind(name, at: 0)
            try delete.run()
            hasStartedOver = true
        }
        let insert = try connection.prepare(
            "INSERT OR REPLACE INTO checkpoints (name, sink, transform, place) VALUES (?, ?, ?, ?)"
        )
        try insert.bind(name, at: 0)
        try insert.bind(sink, at: 1)
        try insert.bind(transform, at: 2)
        try insert.bind(place, at: 3)
        try insert.run()
    }

    private static func isName(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), name.utf8.first != 46 else { return false }
        return name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95].contains(byte)
        }
    }

    /// Everything in `state.sqlite`, dead letters too.
    static let migrator = Migrator(
        applicationID: 0x5250_5354,  // "RPST"
        what: "a journal's state",
        steps: [
            .init(
                "checkpoints",
                sql: """
                    CREATE TABLE checkpoints (
                        name TEXT PRIMARY KEY,
                        sink TEXT NOT NULL,
                        transform TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE positions (
                        checkpoint TEXT NOT NULL REFERENCES checkpoints (name),
                        source TEXT NOT NULL,
                        at_offset INTEGER NOT NULL,
                        saved_us INTEGER NOT NULL,
                        PRIMARY KEY (checkpoint, source)
                    ) STRICT;
                    """
            ),
            .init(
                "dead letters",
                sql: """
                    CREATE TABLE dead_letters (
                        sink TEXT NOT NULL,
                        source TEXT NOT NULL,
                        at_offset INTEGER NOT NULL,
                        ordinal INTEGER NOT NULL,
                        reason TEXT NOT NULL,
                        noted_us INTEGER NOT NULL,
                        PRIMARY KEY (sink, source, at_offset, ordinal)
                    ) STRICT, WITHOUT ROWID;
                    """
            ),
            .init("places of sinks", sql: "ALTER TABLE checkpoints ADD COLUMN place TEXT NOT NULL DEFAULT ''"),
        ]
    )
}
