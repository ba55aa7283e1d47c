internal import Glibc

/// What concerns a file as a whole: its length, its blocks, its lock.
extension FileHandle {
    /// Cuts the file to a length, ftruncate(2); allowed after a failed write too, to take back what was written of it.
    public func truncate(to length: Int) throws(FileError) {
        try restarting("truncate", path) { () throws(Errno) in try file.truncate(to: length) }
    }

    /// Reserves the file's blocks so that later writes in place cannot run out of space, posix_fallocate(3).
    public func allocate(_ length: Int) throws(FileError) {
        try restarting("reserve \(length) bytes for", path) { () throws(Errno) in try file.allocate(length) }
    }

    /// Makes the file durable, then forgets what memory holds of it: what is read next is what the disk has.
    public func syncAndReread() throws(FileError) {
        try sync()
        try restarting("drop from memory", path) { () throws(Errno) in try file.dropCache() }
    }

    /// The file's length in bytes, fstat(2).
    public func size() throws(FileError) -> Int { try status().size }

    /// What the handle leads to, fstat(2).
    public func status() throws(FileError) -> FileStatus {
        try restarting("stat", path) { () throws(Errno) in try file.status() }
    }

    /// Takes the file's exclusive lock if nobody has it, flock(2); it goes with the descriptor.
    public func tryLock() throws(FileError) -> Bool {
        do throws(Errno) { try file.lock() } catch {
            guard error.number == EWOULDBLOCK else { throw .syscall("lock", path, errno: error.number) }
            return false
        }
        return true
    }

    /// Gives the lock back before the descriptor is closed, flock(2).
    public func unlock() throws(FileError) {
        try restarting("unlock", path) { () throws(Errno) in try file.unlock() }
    }
}
