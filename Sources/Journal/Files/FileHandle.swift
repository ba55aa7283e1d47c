internal import Glibc

/// An open file or folder: the one place where the journal calls the kernel.
///
/// Every call restarts after EINTR, finishes what the kernel did by halves, and turns failure into `JournalError`.
/// Calls with an offset of their own may be made from several threads.
final class FileHandle: Sendable {
    let path: String
    private let descriptor: CInt

    /// Opens a path, open(2); the descriptor is not inherited by other programs.
    init(_ path: String, _ flags: CInt, mode: mode_t = 0o640) throws(JournalError) {
        var result: CInt = -1
        repeat { result = open(path, flags | O_CLOEXEC, mode) } while result < 0 && errno == EINTR
        guard result >= 0 else { throw .syscall("open", path) }
        self.path = path
        descriptor = result
    }

    deinit { close(descriptor) }

    /// Opens a file for reading, or returns nil where there is none.
    static func ifPresent(_ path: String) throws(JournalError) -> FileHandle? {
        do { return try FileHandle(path, O_RDONLY) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Reads until the buffer is full or the file ends, pread(2); returns how many bytes there were.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(JournalError) -> Int {
        var done = 0
        while done < buffer.count {
            guard let base = buffer.baseAddress else { break }
            let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .syscall("read", path)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes two runs of bytes behind each other with one pwritev(2); a short write is completed.
    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
        let total = first.count + second.count
        var done = 0
        while done < total {
            let written = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
                var count = 0
                if done < first.count {
                    vectors[count] = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress.map { $0 + done }),
                        iov_len: first.count - done
                    )
                    count += 1
                }
                let skip = max(0, done - first.count)
                vectors[count] = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress.map { $0 + skip }),
                    iov_len: second.count - skip
                )
                return pwritev(descriptor, vectors.baseAddress, CInt(count + 1), off_t(offset + done))
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw .syscall("write", path)
            }
            done += written
        }
    }

    /// Writes bytes, pwrite(2); a short write is completed.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
        try write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
    }

    /// Makes the file's data durable, fdatasync(2); a failure is final, because the kernel forgets what it could not write.
    func syncData() throws(JournalError) {
        var result: CInt
        repeat { result = fdatasync(descriptor) } while result < 0 && errno == EINTR
        guard result == 0 else { throw .syscall("sync", path) }
    }

    /// Makes the file and its metadata, or a folder's names, durable, fsync(2).
    func sync() throws(JournalError) {
        var result: CInt
        repeat { result = fsync(descriptor) } while result < 0 && errno == EINTR
        guard result == 0 else { throw .syscall("sync", path) }
    }

    /// Cuts the file to a length, ftruncate(2).
    func truncate(to length: Int) throws(JournalError) {
        var result: CInt
        repeat { result = ftruncate(descriptor, off_t(length)) } while result < 0 && errno == EINTR
        guard result == 0 else { throw .syscall("truncate", path) }
    }

    /// Reserves the file's blocks so that later writes in place cannot run out of room, posix_fallocate(3).
    func allocate(_ length: Int) throws(JournalError) {
        let result = posix_fallocate(descriptor, 0, off_t(length))
        guard result == 0 else { throw .syscall("reserve \(length) bytes for", path, errno: result) }
    }

    /// The file's length in bytes, fstat(2).
    func size() throws(JournalError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .syscall("stat", path) }
        return Int(status.st_size)
    }

    /// Takes the file's exclusive lock if nobody has it, flock(2); it goes with the descriptor.
    func tryLock() throws(JournalError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw .syscall("lock", path) }
        return false
    }

    /// Gives the lock back before the descriptor is closed, flock(2).
    func unlock() throws(JournalError) {
        guard flock(descriptor, LOCK_UN) == 0 else { throw .syscall("unlock", path) }
    }
}
