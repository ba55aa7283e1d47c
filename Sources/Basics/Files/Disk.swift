public import Glibc

/// Every call that durable files make into a file system: tests put a disk of their own behind it.
///
/// A disk restarts no call and completes none; `FileHandle` and `Folder.swift` do that for any disk.
public protocol Disk: Sendable {
    /// open(2); the descriptor is not inherited by other programs.
    func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile
    /// mkdir(2).
    func makeFolder(_ path: String) throws(Errno)
    /// rename(2); the new name is durable when its folder has been synced.
    func rename(_ old: String, to new: String) throws(Errno)
    /// unlink(2).
    func remove(_ path: String) throws(Errno)
    /// access(2).
    func exists(_ path: String) -> Bool
    /// stat(2): what a path leads to, links followed.
    func status(of path: String) throws(Errno) -> FileStatus
    /// The names in a folder, in no order, without `.` and `..`; readdir(3).
    func names(in path: String) throws(Errno) -> [String]
    /// What holds a path, statvfs(3).
    func fileSystem(of path: String) throws(Errno) -> FileSystemFacts
    /// The path at which SQLite reaches a database file of this disk; the path itself, but for simulated disks.
    func databasePath(_ path: String) -> String
}

/// An open file or folder of a `Disk`; calls with an offset of their own may be made from several threads.
public protocol DiskFile: AnyObject, Sendable {
    /// pread(2); may read less than fits.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int
    /// pwritev(2) of two stretches behind each other; may write less than there is.
    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int
    /// write(2) at the end of a file opened with O_APPEND, or into a pipe or device; may write less than there is.
    func append(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int
    /// poll(2): whether the next `append` would take something, after at most so many milliseconds.
    func isWritable(within milliseconds: CInt) throws(Errno) -> Bool
    /// fdatasync(2).
    func syncData() throws(Errno)
    /// fsync(2).
    func sync() throws(Errno)
    /// ftruncate(2).
    func truncate(to length: Int) throws(Errno)
    /// posix_fallocate(3) from the beginning.
    func allocate(_ length: Int) throws(Errno)
    /// Forgets what memory holds of the file and is not waiting to be written, posix_fadvise(3) POSIX_FADV_DONTNEED.
    func dropCache() throws(Errno)
    /// The offset behind the last byte of a range that may be other than zero, by the file system's own word, lseek(2) SEEK_DATA;
    /// the range's end where it does not say.
    func dataEnd(in range: Range<Int>) -> Int
    /// fstat(2).
    func status() throws(Errno) -> FileStatus
    /// flock(2), exclusive, without waiting: EWOULDBLOCK where another has it; it goes with the descriptor.
    func lock() throws(Errno)
    /// flock(2).
    func unlock() throws(Errno)
}

extension DiskFile {
    /// A disk that knows of no holes.
    public func dataEnd(in range: Range<Int>) -> Int { range.upperBound }
}

/// An error number of the kernel's, errno(3).
public struct Errno: Error, Equatable, Sendable {
    /// The number.
    public let number: CInt

    /// Makes one.
    public init(_ number: CInt) { self.number = number }
}

/// What a file system is and how much free space it has.
public struct FileSystemFacts: Equatable, Sendable {
    /// Its type, `ext4` or `nfs4` for example; nil where nobody can tell.
    public var kind: String?
    /// Bytes that may still be written without the rights of root.
    public var freeBytes: Int

    /// Makes facts.
    public init(kind: String? = nil, freeBytes: Int) {
        self.kind = kind
        self.freeBytes = freeBytes
    }

    /// Where locks, renames or syncs may not hold what a recorder promises: another machine can be behind them.
    public static let remoteKinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "ncpfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone",
    ]
}

extension Disk {
    /// Throws where a folder is on a file system that a writer cannot rely on.
    public func checkIsLocal(_ path: String) throws(FileError) {
        let facts = try restarting("stat the file system of", path) { () throws(Errno) in try fileSystem(of: path) }
        guard let kind = facts.kind, FileSystemFacts.remoteKinds.contains(kind) else { return }
        throw FileError(
            .unsupported,
            "\(path) is on \(kind), where locks and syncs are only as good as another machine; record onto a local disk, "
                + "and copy sealed segments from there"
        )
    }
}
