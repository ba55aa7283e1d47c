internal import Glibc

/// An open file or folder: restarts calls after EINTR, finishes what a disk did by halves, and turns failure into `JournalError`.
///
/// Calls with an offset of their own may be made from several threads.
final class FileHandle: Sendable {
    let path: String
    private let file: any DiskFile

    /// Opens a path, open(2); the descriptor is not inherited by other programs.
    init(_ disk: any Disk, _ path: String, _ flags: CInt, mode: mode_t = 0o640) throws(JournalError) {
        self.path = path
        file = try restarting("open", path) { () throws(Errno) in try disk.open(path, flags, mode: mode) }
    }

    /// Reads until the buffer is full or the file ends, pread(2); returns how many bytes there were.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(JournalError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let place = offset + done
            let count = try restarting("read", path) { () throws(Errno) in try file.read(into: rest, at: place) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes two runs of bytes behind each other with one pwritev(2); a short write is completed.
    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
        var done = 0
        while done < first.count + second.count {
            let restOfFirst = UnsafeRawBufferPointer(rebasing: first.dropFirst(done))
            let restOfSecond = UnsafeRawBufferPointer(rebasing: second.dropFirst(max(0, done - first.count)))
            let place = offset + done
            let written = try restarting("write", path) { () throws(Errno) in
                try file.write(restOfFirst, restOfSecond, at: place)
            }
            // A disk that takes nothing and says nothing would be asked for ever.
            guard written > 0 else { throw .syscall("write", path, errno: EIO) }
            done += written
        }
    }

    /// Writes bytes, pwrite(2); a short write is completed.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
        try write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
    }

    /// Makes the file's data durable, fdatasync(2); a failure is final, because the kernel forgets what it could not write.
    func syncData() throws(JournalError) {
        try restarting("sync", path) { () throws(Errno) in try file.syncData() }
    }

    /// Makes the file and its metadata, or a folder's names, durable, fsync(2).
    func sync() throws(JournalError) {
        try restarting("sync", path) { () throws(Errno) in try file.sync() }
    }

    /// Cuts the file to a length, ftruncate(2).
    func truncate(to length: Int) throws(JournalError) {
        try restarting("truncate", path) { () throws(Errno) in try file.truncate(to: length) }
    }

    /// Reserves the file's blocks so that later writes in place cannot run out of room, posix_fallocate(3).
    func allocate(_ length: Int) throws(JournalError) {
        try restarting("reserve \(length) bytes for", path) { () throws(Errno) in try file.allocate(length) }
    }

    /// Makes the file durable, then forgets what memory holds of it: what is read next is what the disk has.
    ///
    /// After a failed sync the kernel may show bytes that it gave up writing (fsync(2), "NOTES").
    func syncAndReread() throws(JournalError) {
        try sync()
        try restarting("drop from memory", path) { () throws(Errno) in try file.dropCache() }
    }

    /// The file's length in bytes, fstat(2).
    func size() throws(JournalError) -> Int {
        try restarting("stat", path) { () throws(Errno) in try file.size() }
    }

    /// Takes the file's exclusive lock if nobody has it, flock(2); it goes with the descriptor.
    func tryLock() throws(JournalError) -> Bool {
        do throws(Errno) { try file.lock() } catch {
            guard error.number == EWOULDBLOCK else { throw .syscall("lock", path, errno: error.number) }
            return false
        }
        return true
    }

    /// Gives the lock back before the descriptor is closed, flock(2).
    func unlock() throws(JournalError) {
        try restarting("unlock", path) { () throws(Errno) in try file.unlock() }
    }
}

/// Makes a call into a disk again as long as a signal interrupts it.
@discardableResult
func restarting<Result>(
    _ call: @autoclosure () -> String,
    _ path: String,
    _ body: () throws(Errno) -> Result
) throws(JournalError) -> Result {
    while true {
        do throws(Errno) { return try body() } catch {
            guard error.number == EINTR else { throw .syscall(call(), path, errno: error.number) }
        }
    }
}
