public import Glibc
internal import Synchronization

/// An open file or folder: restarts calls after EINTR, finishes what a disk did by halves, and turns failure into `FileError`.
///
/// Linux reports a failed write-back once, to one caller, and forgets what it could not write: a second sync reports
/// success (fsync(2), "NOTES"). So a handle makes its syncs one after the other, and *latches* its first failed write or sync:
/// every later write or sync fails with that same error, on whatever thread. A file is trusted again only through a new handle
/// whose `syncAndReread` shows what the disk has.
///
/// Calls with an offset of their own may be made from several threads.
public final class FileHandle: Sendable {
    /// What may stand at the path that is opened.
    public enum Expectation: Sendable {
        /// A regular file of our own: a symbolic link, FIFO or device is refused, and nothing is written through it.
        case regular
        /// A folder.
        case folder
        /// Whatever the user named, links followed: a regular file, pipe or device.
        case output
    }

    /// The path that was opened.
    public let path: String
    let file: any DiskFile
    private let hasFailed = Atomic<Bool>(false)
    private let failure = Mutex<FileError?>(nil)
    private let syncing = Mutex(())

    /// Opens a path, open(2), with O_CLOEXEC, and for all but folders with O_NONBLOCK, so that no FIFO holds up the call.
    ///
    /// - Throws: `FileError`: `notRegular` where something else stands there than was expected, `notFound`, `io`.
    public init(
        _ disk: any Disk,
        _ path: String,
        _ flags: CInt,
        mode: mode_t = 0o640,
        expecting expectation: Expectation = .regular
    ) throws(FileError) {
        self.path = path
        let more: CInt =
            switch expectation {
            case .regular: O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
            case .folder: O_DIRECTORY
            case .output: O_NONBLOCK | O_NOCTTY
            }
        file = try restarting("open", path) { () throws(Errno) in try disk.open(path, flags | more, mode: mode) }
        guard case .regular = expectation else { return }
        let kind = try status().kind
        guard kind != .regular else { return }
        throw FileError(
            .notRegular,
            "\(path) is \(FileHandle.words(kind)), and a regular file of our own belongs there; move it away"
        )
    }

    /// Takes over an open file, standard output for example.
    public init(_ file: any DiskFile, name: String) {
        path = name
        self.file = file
    }

    private static func words(_ kind: FileStatus.Kind) -> String {
        switch kind {
        case .regular: "a regular file"
        case .folder: "a folder"
        case .pipe: "a FIFO"
        case .device: "a device"
        case .other: "a socket or link"
        }
    }

    /// The first write or sync that failed; nil as long as none has.
    public var firstFailure: FileError? { hasFailed.load(ordering: .acquiring) ? failure.withLock { $0 } : nil }

    /// Reads until the buffer is full or the file ends, pread(2); returns how many bytes there were.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
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

    /// The offset behind the last byte of a range that may be other than zero; the file system knows what was reserved and never written.
    public func dataEnd(in range: Range<Int>) -> Int { file.dataEnd(in: range) }

    /// Writes two stretches of bytes behind each other with one pwritev(2); a short write is completed.
    ///
    /// - Throws: `FileError`, which the handle latches.
    public func write(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer,
        at offset: Int
    ) throws(FileError) {
        try latching { () throws(FileError) in
            var done = 0
            while done < first.count + second.count {
                let restOfFirst = UnsafeRawBufferPointer(rebasing: first.dropFirst(done))
                let restOfSecond = UnsafeRawBufferPointer(rebasing: second.dropFirst(max(0, done - first.count)))
                let place = offset + done
                let written = try restarting("write", path) { () throws(Errno) in
                    try file.write(restOfFirst, restOfSecond, at: place)
                }
                // A disk that takes nothing and reports nothing would be tried for ever.
                guard written > 0 else { throw .syscall("write", path, errno: EIO) }
                done += written
            }
        }
    }

    /// Writes bytes, pwrite(2); a short write is completed.
    ///
    /// - Throws: `FileError`, which the handle latches.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        try write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
    }

    /// Writes bytes behind what is there, write(2) with O_APPEND, or into a pipe or device; a short write is completed.
    ///
    /// - Parameter isStopped: asked at least every 50 ms while a pipe or terminal takes nothing; true ends the wait.
    /// - Returns: how many bytes were written: all, unless `isStopped` said so.
    /// - Throws: `FileError`, which the handle latches.
    public func append(_ bytes: UnsafeRawBufferPointer, isStopped: () -> Bool = { false }) throws(FileError) -> Int {
        try latching { () throws(FileError) in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                do throws(Errno) {
                    let written = try file.append(rest)
                    guard written > 0 else { throw Errno(EIO) }
                    done += written
                } catch {
                    if error.number == EINTR { continue }
                    guard error.number == EAGAIN else { throw .syscall("write", path, errno: error.number) }
                    while try restarting("wait for", path, { () throws(Errno) in try !file.isWritable(within: 50) }) {
                        if isStopped() { return done }
                    }
                }
            }
            return done
        }
    }

    /// Makes the file's data durable, fdatasync(2).
    ///
    /// - Throws: `FileError`, which the handle latches; what memory shows of the file is then dropped, so that whoever opens it
    ///   again sees what the disk has.
    public func syncData() throws(FileError) { try synchronize { () throws(Errno) in try file.syncData() } }

    /// Makes the file and its metadata, or a folder's names, durable, fsync(2).
    ///
    /// - Throws: `FileError`, which the handle latches.
    public func sync() throws(FileError) { try synchronize { () throws(Errno) in try file.sync() } }

    // MARK: - The latch

    /// One sync at a time: of two threads that sync one descriptor the kernel tells only one of a failure.
    private func synchronize(_ body: () throws(Errno) -> Void) throws(FileError) {
        let result = syncing.withLock { _ -> Result<Void, FileError> in
            do throws(FileError) {
                return .success(try latching { () throws(FileError) in try restarting("sync", path, body) })
            } catch { return .failure(error) }
        }
        try result.get()
    }

    private func latching<Result>(_ body: () throws(FileError) -> Result) throws(FileError) -> Result {
        if let first = firstFailure { throw first }
        do throws(FileError) { return try body() } catch {
            let first = failure.withLock { first in
                if first == nil { first = error }
                return first ?? error
            }
            hasFailed.store(true, ordering: .releasing)
            // Clean pages may hold what never reached the disk; where dropping them fails there is nothing more to do here.
            try? file.dropCache()
            throw first
        }
    }
}
