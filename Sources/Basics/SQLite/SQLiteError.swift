internal import CSQLite
public import Failures

/// What SQLite refused, with the statement but never with the values bound to it.
public struct SQLiteError: Error, CustomStringConvertible, Sendable, FailureCauseProviding {
    /// The primary result code (sqlite.org/rescode.html): 5 busy, 11 corrupt, 13 full, 19 constraint, 26 not a database.
    public let code: Int32
    /// The extended result code.
    public let extendedCode: Int32
    /// What failed and what SQLite says of it.
    public let message: String
    /// The SQL, without values.
    public let sql: String?
    /// The file's schema has steps that this program does not know; nothing is wrong with the file.
    public let isNewerSchema: Bool

    /// Makes an error of our own, for what SQLite itself would accept.
    public init(code: Int32, message: String, sql: String? = nil, isNewerSchema: Bool = false) {
        self.code = code
        self.isNewerSchema = isNewerSchema
        extendedCode = code
        self.message = message
        self.sql = sql
    }

    init(_ handle: OpaquePointer?, _ result: CInt, _ what: String, sql: String? = nil) {
        code = result & 0xFF
        extendedCode = result
        let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(result))
        message = "\(what): \(text) (SQLite \(result))"
        self.sql = sql
        isNewerSchema = false
    }

    /// The message, and the statement where there is one.
    public var description: String { sql.map { "\(message), in: \($0)" } ?? message }

    /// Another connection holds the lock; trying again later can help.
    public var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }

    /// The disk failed a read, write or sync, or is full: what was written since the last sync may be gone.
    public var isStorageFailure: Bool { code == SQLITE_IOERR || code == SQLITE_FULL }

    /// What the result code stands for.
    public var failureCause: FailureCause {
        switch code {
        case SQLITE_BUSY, SQLITE_LOCKED: .locked
        case SQLITE_FULL: .diskFull
        case SQLITE_PERM, SQLITE_AUTH: .permission
        case SQLITE_READONLY: .blocked
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
        case SQLITE_CANTOPEN: .missingTarget
        case SQLITE_IOERR: .storage
        default: isNewerSchema || sql == nil && code == 1 ? .foreignTarget : .unknown
        }
    }

    /// The file is no database, or a damaged one.
    public var isCorrupt: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }
}
