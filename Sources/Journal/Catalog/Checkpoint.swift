internal import Files
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

    /// The length of the sink's output at those positions, in bytes; nil where none was saved.
    public private(set) var outputLength: Int?

    /// What was done about a sink that is not the one it was bound to; nil where it is.
    public private(set) var rebound: Rebinding?

    /// What happens to a checkpoint whose sink is gone while another stands at its place.
    public enum Rebinding: Sendable {
        /// It begins from the start again: the new sink is to hold everything.
        case startsOver
        /// It resumes where it was: the output was renamed, by logrotate for example.
        case resumes
    }

    static func path(journal: String) -> String { "\(journal)/state.sqlite" }

    static func connect(
        _ journal: Journal,
        isStopped: @escaping () -> Bool = { false }
    ) throws(SQLiteError) -> Connection {
        let path = journal.disk.databasePath(path(journal: journal.directory))
        return try Connection(path: path, durability: .full, isStopped: isStopped)
    }

    /// Opens a checkpoint, or makes it where there is none of that name.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 of letters, digits, `-`, `_` and `.`, no dot first.
    ///   - sink: the identity of what is fed: a file, an index's UUID.
    ///   - transform: the digest of the transform.
    ///   - place: where the sink is, its address for example; empty where the identity says it.
    ///   - rebinding: where the sink was just created, what happens to a checkpoint of the same place whose sink is gone; nil
    ///     refuses.
    ///   - isStopped: asked while another process locks `state.sqlite`; true ends the wait.
    /// - Throws: `JournalError`: `locked` where another process holds it, `mismatch` where it belongs to another sink or
    ///   transform, `invalid` for a name, `unsupported` where a newer Reprise made it, `io`.
    public init(
        journal: Journal,
        name: String,
        sink: String,
        transform: String,
        place: String = "",
        rebinding: Rebinding? = nil,
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
        try Journal.checkDatabases(in: journal.directory, journal.disk)
        connection = try Checkpoint.connect(journal, isStopped: isStopped)
        try Checkpoint.migrator.migrate(connection)
        self.name = name
        self.clock = clock
        positions = [:]
        try connection.transaction { try bind(sink: sink, transform: transform, place: place, rebinding) }
        let select = try connection.prepare("SELECT source, at_offset FROM positions WHERE checkpoint = ?")
        try select.bind(name, at: 0)
        while try select.step() {
            guard let source = select.string(0).flatMap(SourceName.init(rawValue:)) else { continue }
            positions[source] = ByteOffset(stored: select.int64(1))
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
    public static func sink(
        of name: String,
        in journal: Journal,
        isStopped: @escaping () -> Bool = { false }
    ) throws -> String? {
        try Journal.checkDatabases(in: journal.directory, journal.disk)
        let connection = try connect(journal, isStopped: isStopped)
        try migrator.migrate(connection)
        let select = try connection.prepare("SELECT sink FROM checkpoints WHERE name = ?")
        try select.bind(name, at: 0)
        return try select.step() ? select.string(0) : nil
    }

    /// Saves how far each source is settled; durable on return.
    ///
    /// Call it only when everything before these positions is durable in the sink.
    ///
    /// - Parameters:
    ///   - sink: the identity of the sink by now; nil where it is the same.
    ///   - outputLength: the length of its output at these positions; nil where it has none.
    /// - Throws: `SQLiteError`; nothing may be settled any more then.
    public func save(_ settled: [SourceName: ByteOffset], sink: String? = nil, outputLength: Int? = nil) throws {
        try connection.transaction {
            let update = try connection.prepare(
                "UPDATE checkpoints SET sink = coalesce(?, sink), output_length = ? WHERE name = ?"
            )
            try update.bind(sink, at: 0)
            try update.bind(outputLength.map(Int64.init), at: 1)
            try update.bind(name, at: 2)
            try update.run()
            let insert = try connection.prepare(
                "INSERT OR REPLACE INTO positions (checkpoint, source, at_offset, saved_us) VALUES (?, ?, ?, ?)"
            )
            for (source, offset) in settled.sorted(by: { $0.key < $1.key }) {
                try insert.bind(name, at: 0)
                try insert.bind(source.rawValue, at: 1)
                try insert.bind(offset.stored, at: 2)
                try insert.bind(clock.now.rawValue, at: 3)
                try insert.run()
            }
        }
        positions.merge(settled) { _, new in new }
        self.outputLength = outputLength
    }

    private func bind(sink: String, transform: String, place: String, _ rebinding: Rebinding?) throws {
        let select = try connection.prepare(
            "SELECT sink, transform, place, output_length FROM checkpoints WHERE name = ?"
        )
        try select.bind(name, at: 0)
        if try select.step() {
            let (boundSink, boundTransform) = (select.string(0) ?? "", select.string(1) ?? "")
            outputLength = select.optionalInt64(3).map { Int(max(0, $0)) }
            if boundSink == sink, boundTransform == transform { return }
            let isAtPlace = !place.isEmpty && select.string(2) == place
            guard let rebinding, isAtPlace, rebinding == .startsOver || boundTransform == transform else {
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
            if rebinding == .startsOver {
                let delete = try connection.prepare("DELETE FROM positions WHERE checkpoint = ?")
                try delete.bind(name, at: 0)
                try delete.run()
            }
            rebound = rebinding
            outputLength = nil
        }
        let insert = try connection.prepare(
            """
            INSERT INTO checkpoints (name, sink, transform, place) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE
            SET sink = excluded.sink, transform = excluded.transform, place = excluded.place, output_length = NULL
            """
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
}
