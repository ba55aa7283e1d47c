internal import CSQLite
internal import Files

/// A connection to one database file; one thread at a time.
///
/// Every connection waits up to 5 s for another's lock, less where `isStopped` says so, and has foreign keys on. Writers use the write-ahead log, so readers never wait
/// for them (sqlite.org/wal.html); no network file systems.
public final class Connection {
    /// How a connection is opened.
    public enum Mode: Sendable {
        /// Reads and writes; makes the file where there is none.
        case readWrite
        /// Reads only; the file must exist. One that nobody writes may stand in a folder that cannot be written.
        case readOnly
    }

    /// What survives a power cut when a transaction has been committed.
    public enum Durability: String, Sendable {
        /// The last commits may be lost, never the file's consistency: for what can be rebuilt.
        case normal = "NORMAL"
        /// Every commit survives.
        case full = "FULL"
    }

    let handle: OpaquePointer
    /// The first sync or commit that the disk failed; nothing is written or synced after it.
    private var failure: SQLiteError?
    /// The inode that was opened; nil for a database in memory.
    let fileIdentity: String?
    /// How the file stood when it was opened as one that does not change; nil for all others.
    let stamp: Stamp?
    /// How long a call waits for another connection's lock.
    let longestWait: Duration
    /// The database file's path.
    public let path: String
    /// Asked at least every 50 ms while the connection waits for another's lock; true ends the wait, and the call throws busy.
    let isStopped: () -> Bool

    /// Opens a database.
    ///
    /// - Parameters:
    ///   - busyTimeout: how long a call waits for another connection's lock.
    ///   - isStopped: asked on this thread while the connection waits for another's lock; true gives up with busy.
    /// - Throws: `SQLiteError`.
    public init(
        path: String,
        mode: Mode = .readWrite,
        durability: Durability = .full,
        busyTimeout: Duration = .seconds(5),
        isStopped: @escaping () -> Bool = { false }
    ) throws(SQLiteError) {
        // SQLite opens whatever stands there, and a FIFO would hold it up for ever.
        if path != ":memory:", let status = try? SystemDisk().status(of: path), status.kind != .regular {
            throw SQLiteError(
                code: SQLITE_CANTOPEN,
                message: "\(path) is not a regular file, so it cannot be a database; move it away"
            )
        }
        switch mode {
        case .readWrite:
            handle = try Connection.open(path, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
            stamp = nil
        case .readOnly:
            let opened = try Connection.openForReading(path)
            handle = opened.handle
            stamp = opened.stamp
        }
        self.path = path
        longestWait = busyTimeout
        self.isStopped = isStopped
        fileIdentity = (try? SystemDisk().status(of: path))?.inode
        waitForLocks()
        try execute("PRAGMA foreign_keys=ON")
        // The functions and views of a file that someone else made must not reach outside it.
        try execute("PRAGMA trusted_schema=OFF")
        if mode == .readWrite {
            try execute("PRAGMA journal_mode=WAL")
            try execute("PRAGMA synchronous=\(durability.rawValue)")
        }
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs SQL that gives no rows, several statements too.
    ///
    /// - Throws: `SQLiteError`.
    public func execute(_ sql: String) throws(SQLiteError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw SQLiteError(handle, result, path, sql: sql) }
    }

    /// Compiles one statement.
    ///
    /// - Throws: `SQLiteError`.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try Statement(self, sql)
    }

    /// Runs a body in a transaction that takes the write lock at once; it is committed unless the body throws.
    ///
    /// - Throws: what the body throws, or `SQLiteError`.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        if let failure { throw failure }
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try latching { () throws(SQLiteError) in try execute("COMMIT") }
            return result
        } catch {
            // The first error is the one to tell; a rollback that fails has nothing left to undo.
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Rows that the last statement changed.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Writes the log into the database and makes all of it durable, whatever the durability of commits is.
    ///
    /// - Throws: `SQLiteError`, busy where a reader is in the way.
    public func checkpoint() throws(SQLiteError) {
        try latching { () throws(SQLiteError) in
            let result = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_FULL, nil, nil)
            guard result == SQLITE_OK else { throw SQLiteError(handle, result, "checkpoint of \(path)") }
        }
    }

    /// Makes every commit of this connection that has returned durable, whatever the durability of commits is.
    ///
    /// It syncs the write-ahead log, and readers cannot be in the way: a checkpoint that a reader holds back would sync nothing.
    ///
    /// - Throws: `SQLiteError`, which the connection latches: every later transaction or sync fails with it, because Linux
    ///   forgets what it could not write and reports it once. Open the file again.
    public func synchronize() throws(SQLiteError) {
        try latching { () throws(SQLiteError) in
            let result = reprise_sync_log(handle)
            guard result == SQLITE_OK else { throw SQLiteError(handle, result, "syncing the log of \(path)") }
        }
    }

    private func latching(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        if let failure { throw failure }
        do throws(SQLiteError) { try body() } catch {
            if error.isStorageFailure {
                failure = error
                // Memory may show what never reached the disk; whoever opens the file next sees what is really there.
                for file in ["\(path)-wal", path] { try? SystemDisk().dropCache(of: file) }
            }
            throw error
        }
    }

    /// Runs a body in a transaction that only reads: all its queries see the state of the first one.
    ///
    /// - Throws: what the body throws, or `SQLiteError`.
    public func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN DEFERRED")
        // Nothing was written, so ending it cannot lose anything.
        defer { try? execute("COMMIT") }
        try checkUnchanged()
        let result = try body()
        // Without locks, what was read while the file changed may be of two moments.
        try checkUnchanged()
        return result
    }

    /// The first column of the first row as an integer; nil where there is no row or it is NULL.
    public func int64(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.optionalInt64(0) : nil
    }

    /// A number that changes whenever another connection, of any process, has committed to the file; it means nothing else.
    ///
    /// - Throws: `SQLiteError`.
    public func dataVersion() throws(SQLiteError) -> Int64 {
        try checkUnchanged()
        return try int64("PRAGMA data_version") ?? 0
    }
}
