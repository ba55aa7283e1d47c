internal import Glibc
internal import Logging
internal import SQLite

// The file only repeats what the journal says, so a damaged one costs time and no knowledge. It is set aside and not deleted:
// somebody may want to know what has happened to it.

extension PostsFile {
    /// Opens the file of a journal; a damaged one is set aside, and a new one made.
    static func open(
        journal: String,
        schedule: RefreshSchedule,
        _ logger: Logger,
        isStopped: @escaping () -> Bool
    ) throws -> PostsFile {
        func open() throws -> PostsFile { try PostsFile(journal: journal, schedule: schedule, isStopped: isStopped) }
        do { return try open() } catch let error as SQLiteError where error.isCorrupt {
            try setAside(journal, error, logger)
            return try open()
        }
    }

    /// Whether an error says that this file is damaged, and not another that is used beside it.
    func isDamaged(_ error: SQLiteError) -> Bool {
        guard error.isCorrupt else { return false }
        do {
            let check = try connection.prepare("PRAGMA quick_check(1)")
            return try !check.step() || check.string(0) != "ok"
        } catch {
            return error.isCorrupt
        }
    }

    /// Renames the file and what SQLite keeps beside it.
    ///
    /// A connection that is still open goes on with the renamed file: SQLite does not delete the log of a file that was moved.
    static func setAside(_ journal: String, _ error: SQLiteError, _ logger: Logger) throws {
        let path = "\(journal)/posts.sqlite"
        let damaged = "\(path).damaged"
        for tail in ["-wal", "-shm", ""] where rename(path + tail, damaged + tail) != 0 && errno != ENOENT {
            throw RefresherError(
                .unusable,
                "\(path) is damaged, and cannot be set aside: \(String(cString: strerror(errno))); delete it, it is filled again"
            )
        }
        logger.warning(
            "posts.sqlite is damaged; it was set aside as posts.sqlite.damaged, and a new one is filled from the journal",
            [("reason", "\(error)")]
        )
    }
}
