internal import SQLite
public import Time

/// A document that a sink refused for its own fault: where it comes from and why, without any of its text.
public struct DeadLetter: Sendable, Hashable {
    /// The sink's address, which stays the same when its index is made anew.
    public let sink: String
    /// The source of its record.
    public let source: SourceName
    /// The offset of its record.
    public let offset: ByteOffset
    /// Its number among the record's documents.
    public let ordinal: Int
    /// Why, in the sink's words.
    public let reason: String

    /// Makes a dead letter.
    public init(sink: String, source: SourceName, offset: ByteOffset, ordinal: Int, reason: String) {
        self.sink = sink
        self.source = source
        self.offset = offset
        self.ordinal = ordinal
        self.reason = reason
    }
}

/// The documents that sinks refused, in a journal's `state.sqlite`: to be looked at, tried again, or discarded.
public final class DeadLetters {
    private let connection: Connection
    private let clock: WallClock

    /// Opens a journal's dead letters; several processes may.
    ///
    /// - Parameter isStopped: asked while another process locks `state.sqlite`; true ends the wait.
    /// - Throws: `SQLiteError`.
    public init(
        journal: Journal,
        clock: WallClock = .system,
        isStopped: @escaping () -> Bool = { false }
    ) throws {
        connection = try Checkpoint.connect(journal, isStopped: isStopped)
        try Checkpoint.migrator.migrate(connection)
        self.clock = clock
    }

    /// Keeps letters; one that is there already gets the new reason, and all are durable on return.
    ///
    /// - Throws: `SQLiteError`.
    public func add(_ letters: [DeadLetter]) throws {
        try connection.transaction {
            for letter in letters {
                let insert = try connection.prepare(
                    """
                    INSERT OR REPLACE INTO dead_letters (sink, source, at_offset, ordinal, reason, noted_us)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
                )
                try bind(letter, to: insert)
                try insert.bind(String(letter.reason.prefix(DeadLetters.reasonLimit)), at: 4)
                try insert.bind(clock.now.rawValue, at: 5)
                try insert.run()
            }
        }
    }

    /// Letters in order of sink, source and offset.
    ///
    /// - Parameters:
    ///   - sink: one sink's; nil for all.
    ///   - limit: no more than this many.
    /// - Throws: `SQLiteError`.
    public func list(sink: String? = nil, limit: Int = Int.max) throws -> [(letter: DeadLetter, noted: Timestamp)] {
        let select = try connection.prepare(
            """
            SELECT sink, source, at_offset, ordinal, reason, noted_us FROM dead_letters WHERE ?1 IS NULL OR sink = ?1
            ORDER BY sink, source, at_offset, ordinal LIMIT ?2
            """
        )
        try select.bind(sink, at: 0)
        try select.bind(Int64(limit), at: 1)
        var letters: [(DeadLetter, Timestamp)] = []
        while try select.step() {
            guard let source = select.string(1).flatMap(SourceName.init(rawValue:)) else { continue }
            let letter = DeadLetter(
                sink: select.string(0) ?? "",
                source: source,
                offset: ByteOffset(stored: select.int64(2)),
                ordinal: Int(select.int64(3)),
                reason: select.string(4) ?? ""
            )
            letters.append((letter, Timestamp(rawValue: select.int64(5))))
        }
        return letters
    }

    /// Forgets letters; durable on return.
    ///
    /// - Throws: `SQLiteError`.
    public func remove(_ letters: [DeadLetter]) throws {
        try connection.transaction {
            for letter in letters {
                let delete = try connection.prepare(
                    "DELETE FROM dead_letters WHERE sink = ? AND source = ? AND at_offset = ? AND ordinal = ?"
                )
                try bind(letter, to: delete)
                try delete.run()
            }
        }
    }

    /// An engine's reason may repeat a whole document.
    private static let reasonLimit = 500

    private func bind(_ letter: DeadLetter, to statement: Statement) throws {
        try statement.bind(letter.sink, at: 0)
        try statement.bind(letter.source.rawValue, at: 1)
        try statement.bind(letter.offset.stored, at: 2)
        try statement.bind(Int64(letter.ordinal), at: 3)
    }
}
