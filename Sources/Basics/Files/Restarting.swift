internal import Glibc

extension Disk {
    /// Forgets what memory holds of a file, so that what is read next is what the disk has; for files of SQLite's after a sync
    /// that failed.
    ///
    /// - Throws: `FileError`.
    public func dropCache(of path: String) throws(FileError) {
        let file = try restarting("open", path) { () throws(Errno) in try open(path, O_RDONLY | O_NOFOLLOW, mode: 0) }
        try restarting("drop from memory", path) { () throws(Errno) in try file.dropCache() }
    }
}

/// Makes a call into a disk again as long as a signal interrupts it.
@discardableResult
func restarting<Result>(
    _ call: @autoclosure () -> String,
    _ path: String,
    _ body: () throws(Errno) -> Result
) throws(FileError) -> Result {
    while true {
        do throws(Errno) { return try body() } catch {
            guard error.number == EINTR else { throw .syscall(call(), path, errno: error.number) }
        }
    }
}
