internal import SQLite
public import Transform

/// What became of the documents of one batch.
public struct IndexCounts: Equatable, Sendable {
    /// New posts, and newer versions of known ones.
    public var accepted = 0
    /// Documents whose version the index has already, or has a newer one than.
    public var stale = 0

    /// Makes the counts of an empty batch.
    public init() {}
}

/// The embedded index, opened for writing: one row a post, the newest version wins.
///
/// Delivering any document any number of times and in any order leaves the same content. From any thread, one batch at a time.
public final class IndexWriter: @unchecked Sendable {
    // Sendable because `state` and `failure` are only touched under `lock`.
    private let lock = Exclusive()
    private var state: State?
    private var failure: IndexError?

    /// The file's path as it was given.
    public let path: String
    /// A name made by chance when the file was made: a checkpoint that was saved for one index never fits another at its path.
    public let identity: String

    private struct State {
        let connection: Connection
        let observations: ObservationLog
        let upsert: DocumentUpsert
        let counters: Counters
    }

    /// Opens an index; a missing file is made, its folder is not.
    ///
    /// Its identity is durable on return.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - transformDigest: what made the documents; an index belongs to one transform.
    ///   - isStopped: asked at least every 50 ms while another program locks the file; true ends the wait.
    /// - Throws: `IndexError`: `.otherTransform`, `.unusable` or `.database`.
    public init(
        path: String,
        transformDigest: String,
        isStopped: @escaping () -> Bool = { false }
    ) throws(IndexError) {
        self.path = path
        do {
            // The index can be rebuilt from the journal, so commits need not be durable one by one; `flush` makes them so.
            let connection = try Connection(path: path, durability: .normal, isStopped: isStopped)
            try connection.execute("PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-8000")
            // A file that is refused stays as it is, so whose it is comes before any change.
            if try IndexSchema.migrator.version(of: connection) > 0, try !Self.isUnclaimed(connection) {
                _ = try Self.identity(connection, transformDigest)
            }
            try IndexSchema.migrator.migrate(connection)
            identity = try Self.claim(connection, transformDigest)
            // A checkpoint is bound to it at once, and must not outlive it in a power cut; a killed process may have left it unsynced.
            try connection.synchronize()
            state = State(
                connection: connection,
                observations: try ObservationLog(connection),
                upsert: try DocumentUpsert(connection),
                counters: try Counters(connection)
            )
        } catch {
            throw IndexError.opening(path, error)
        }
    }

    /// Applies the documents of a batch in one transaction: all of them or, where it throws, none.
    ///
    /// Visible to readers on return, durable only after `flush()`.
    ///
    /// - Returns: how many were accepted and how many stale; together all of the batch.
    /// - Throws: `IndexError`.
    @discardableResult
    public func apply(_ batch: DocumentBatch) throws(IndexError) -> IndexCounts {
        try access { state in
            guard !batch.isEmpty else { return IndexCounts() }
            var counts = IndexCounts()
            var changes = CountChanges()
            // The statements point into the batch, whose memory is the caller's again afterwards.
            defer {
                state.observations.forgetBatch()
                state.upsert.forgetBatch()
            }
            try state.connection.transaction {
                for document in batch.documents {
                    try state.observations.keep(document, of: batch)
                    if try state.upsert.apply(document, of: batch, changes: &changes) {
                        counts.accepted += 1
                    } else {
                        counts.stale += 1
                    }
                }
                try state.counters.apply(changes)
            }
            return counts
        }
    }

    /// Makes everything applied so far durable: only then may a checkpoint be saved that lets its records go.
    ///
    /// A commit here is only in the page cache (`synchronous=NORMAL`), and a checkpoint in another file, synced at once, would
    /// outlive it: after a power cut the documents between would be missing for ever. This call syncs the write-ahead
    /// log, and with it every commit before. Where that fails, the index takes no more documents.
    ///
    /// - Throws: `IndexError` with `.notSynced`, or `.database` where another program has renamed, deleted or overwritten the file.
    public func flush() throws(IndexError) {
        try access { state in
            try state.connection.checkFile()
            try sync(state)
        }
    }

    /// Flushes and closes the file; later calls do nothing.
    ///
    /// - Parameter standingAlone: whether the one file is to be the whole index then, which a folder that nobody can write can serve.
    ///   Where a reader has it open it stays as it is. Not for an index that is opened again soon: without a log, readers hold writers up.
    /// - Throws: `IndexError` with `.notSynced`; the file is closed then, too.
    public func close(standingAlone: Bool = false) throws(IndexError) {
        do {
            try lock.run {
                guard let open = state else { return }
                state = nil
                guard failure == nil else { return }
                try sync(open)
                if standingAlone { _ = try open.connection.standAlone() }
            }
        } catch {
            throw error as? IndexError
                ?? IndexError(code: .database, message: "closing the index \(path) failed", cause: error)
        }
    }

    // MARK: - Internal

    private func access<Result>(_ body: (State) throws -> Result) throws(IndexError) -> Result {
        do {
            return try lock.run {
                if let failure { throw failure }
                guard let state else {
                    throw IndexError(code: .closed, message: "the index \(path) was closed already")
                }
                return try body(state)
            }
        } catch let error as IndexError {
            throw error
        } catch {
            throw IndexError(code: .database, message: "writing the index \(path) failed", cause: error)
        }
    }

    private func sync(_ state: State) throws {
        do {
            try state.connection.synchronize()
        } catch {
            let failure = IndexError(
                code: .notSynced,
                message: "the index \(path) could not be synced to disk: check the disk, then start again",
                cause: error
            )
            self.failure = failure
            throw failure
        }
    }

    /// Whether the file was left between its creation and its first document: it holds nothing, and nobody's identity.
    private static func isUnclaimed(_ connection: Connection) throws -> Bool {
        try connection.int64("SELECT count(*) FROM identity") == 0
            && connection.int64("SELECT 1 FROM documents LIMIT 1") == nil
    }

    /// Makes a new file ours, or checks that it is; returns its identity.
    private static func claim(_ connection: Connection, _ digest: String) throws -> String {
        let insert = try connection.prepare(
            "INSERT INTO identity VALUES (1, lower(hex(randomblob(16))), ?) ON CONFLICT DO NOTHING"
        )
        try insert.bind(digest, at: 0)
        try insert.run()
        return try Self.identity(connection, digest)
    }

    /// The file's identity, where it belongs to the transform.
    private static func identity(_ connection: Connection, _ digest: String) throws -> String {
        let select = try connection.prepare("SELECT uuid, transform FROM identity")
        guard try select.step(), let identity = select.string(0), let found = select.string(1) else {
            throw IndexError(code: .unusable, message: "\(connection.path) has lost its identity: use a new file")
        }
        guard found == digest else {
            throw IndexError(
                code: .otherTransform,
                message: "the index \(connection.path) was filled by transform \(found), this is \(digest): an index "
                    + "belongs to one transform, so fill a new file from the journal (the old one stays as it is)"
            )
        }
        return identity
    }
}

extension IndexError {
    /// The error of a file that could not be opened.
    static func opening(_ path: String, _ error: any Error) -> IndexError {
        if let error = error as? IndexError { return error }
        guard let cause = error as? SQLiteError, cause.isCorrupt || cause.code == 1 else {
            return IndexError(code: .database, message: "cannot open the index \(path)", cause: error)
        }
        return IndexError(
            code: .unusable,
            message: "\(path) cannot be used as an index: name another file, or move this one away",
            cause: cause
        )
    }
}
