internal import CSQLite
internal import Glibc

// A file in WAL mode asks even its readers for a log and its index beside it (sqlite.org/wal.html, "Read-Only Databases"). In a folder
// where neither stands and neither can be made, nobody writes the file, so it is read as one that does not change, without locks.

extension Connection {
    /// A file as it stood when it was opened as one that nobody writes.
    struct Stamp: Equatable {
        private let inode: UInt
        private let size: Int
        private let seconds: Int
        private let nanoseconds: Int

        /// Nil where there is no file, or where a log beside it says that somebody writes it.
        init?(unwritten path: String) {
            var status = stat()
            // A log without content and without an index was left behind by a copy.
            let hasLog = stat("\(path)-wal", &status) == 0 && (status.st_size > 0 || access("\(path)-shm", F_OK) == 0)
            guard !hasLog, access("\(path)-journal", F_OK) != 0, stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            size = Int(status.st_size)
            (seconds, nanoseconds) = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))
        }
    }

    /// Opens a handle.
    static func open(_ name: String, _ path: String, _ flags: CInt) throws(SQLiteError) -> OpaquePointer {
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard result == SQLITE_OK, let opened else {
            let error = SQLiteError(opened, result, "opening the database \(path)")
            sqlite3_close_v2(opened)
            throw error
        }
        return opened
    }

    /// Opens a file for reading; as one that does not change where that is the only way and nobody writes it.
    static func openForReading(_ path: String) throws(SQLiteError) -> (handle: OpaquePointer, stamp: Stamp?) {
        let handle = try open(path, path, SQLITE_OPEN_READONLY)
        let result = sqlite3_exec(handle, "PRAGMA schema_version", nil, nil, nil) & 0xFF
        // Read-only where the folder's rights are in the way, else it cannot be opened; every other trouble is the caller's to meet.
        guard result == SQLITE_CANTOPEN || result == SQLITE_READONLY, let stamp = Stamp(unwritten: path) else {
            return (handle, nil)
        }
        sqlite3_close_v2(handle)
        return (try open(unchanging(path), path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI), stamp)
    }

    /// The URI that opens a file as one that does not change (sqlite.org/uri.html).
    static func unchanging(_ path: String) -> String {
        var name = ""
        for scalar in path.unicodeScalars {
            switch scalar {
            case "%": name += "%25"
            case "?": name += "%3f"
            case "#": name += "%23"
            default: name.unicodeScalars.append(scalar)
            }
        }
        return "\(path.hasPrefix("/") ? "file://" : "file:")\(name)?immutable=1"
    }

    /// Throws where a file that was opened as one that does not change has changed, or is being written.
    ///
    /// Whoever opens it again sees it as it is.
    func checkUnchanged() throws(SQLiteError) {
        guard let stamp, Stamp(unwritten: path) != stamp else { return }
        throw SQLiteError(
            code: SQLITE_CANTOPEN,
            message: "\(path) is being written, in a folder that this program cannot write; it is opened again"
        )
    }

    /// Puts the write-ahead log into the database and takes it away, so that this one file is the whole database, and a folder that
    /// nobody can write can serve it.
    ///
    /// Where another connection has the file open just now, it stays as it is, at once, and nothing is wrong with that. Call it last.
    ///
    /// - Returns: whether the file stands alone now.
    /// - Throws: `SQLiteError`.
    public func standAlone() throws(SQLiteError) -> Bool {
        sqlite3_busy_timeout(handle, 0)
        do throws(SQLiteError) {
            let mode = try prepare("PRAGMA journal_mode=DELETE")
            defer { mode.reset() }
            return try mode.step() && mode.string(0) == "delete"
        } catch  where error.isBusy {
            return false
        }
    }
}
