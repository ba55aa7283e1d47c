public import Glibc

/// The machine's own file systems.
public struct SystemDisk: Disk {
    /// Makes one; it holds nothing.
    public init() {}

    /// open(2) with O_CLOEXEC.
    public func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
        SystemFile(try check(Glibc.open(path, flags | O_CLOEXEC, mode)))
    }

    /// mkdir(2).
    public func makeFolder(_ path: String) throws(Errno) { try check(mkdir(path, 0o750)) }

    /// rename(2).
    public func rename(_ old: String, to new: String) throws(Errno) { try check(Glibc.rename(old, new)) }

    /// unlink(2).
    public func remove(_ path: String) throws(Errno) { try check(unlink(path)) }

    /// stat(2).
    public func status(of path: String) throws(Errno) -> FileStatus {
        var facts = stat()
        try check(stat(path, &facts))
        return FileStatus(facts, generation: 0)
    }

    /// The path itself.
    public func databasePath(_ path: String) -> String { path }

    /// Takes over a descriptor of this process, 1 for example, without closing it in the end.
    ///
    /// A pipe or terminal is opened once more where that is possible, so that a reader who is slow or gone holds up no call:
    /// a descriptor's O_NONBLOCK would be everyone's who shares it.
    public func output(descriptor: CInt) -> any DiskFile {
        let kind = (try? FileStatus(descriptor: descriptor))?.kind
        // One that may only be read is a closed standard output's stand-in: writing to it has to fail.
        let isWritable = fcntl(descriptor, F_GETFL) & O_ACCMODE != O_RDONLY
        if isWritable, kind == .pipe || kind == .device {
            let own = Glibc.open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            if own >= 0 { return SystemFile(own) }
        }
        return SystemFile(descriptor, isOwned: false)
    }

    /// access(2).
    public func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// readdir(3).
    public func names(in path: String) throws(Errno) -> [String] {
        guard let folder = opendir(path) else { throw Errno(errno) }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        // The end of a folder and a failure look alike, but for this.
        guard errno == 0 else { throw Errno(errno) }
        return names
    }

    /// statvfs(3), and the type by proc(5) "mountinfo".
    public func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
        var facts = statvfs()
        try check(statvfs(path, &facts))
        let (freeBytes, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        return FileSystemFacts(
            kind: try kind(of: path),
            freeBytes: overflow ? Int.max : Int(clamping: freeBytes)
        )
    }

    /// The type of the mount with the path's device, proc(5) "mountinfo"; statvfs(3) does not tell it.
    private func kind(of path: String) throws(Errno) -> String? {
        var status = stat()
        try check(stat(path, &status))
        // Major and minor number, as glibc's makedev(3) lays them out: four bytes of each around the lowest.
        let number = UInt64(status.st_dev)
        let major = (number >> 32) & 0xFFFF_F000 | (number >> 8) & 0xFFF
        let minor = (number >> 12) & 0xFFFF_FF00 | number & 0xFF
        let device = "\(major):\(minor)"
        guard let mounts = fopen("/proc/self/mountinfo", "re") else { return nil }
        defer { fclose(mounts) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, mounts) > 0, let line {
            // 36 35 98:0 / / rw,noatime shared:1 - ext4 /dev/sda1 rw
            let fields = String(cString: line).split(separator: " ")
            guard fields.count > 2, fields[2] == device, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
            else { continue }
            return String(fields[dash + 1])
        }
        return nil
    }

    /// Turns a call's result into an error, with what it left in `errno`.
    @discardableResult
    fileprivate func check(_ result: CInt) throws(Errno) -> CInt {
        guard result >= 0 else { throw Errno(errno) }
        return result
    }
}

/// A descriptor, closed when nobody holds it any more.
private final class SystemFile: DiskFile {
    private let descriptor: CInt
    private let isOwned: Bool
    /// What a descriptor that is shared with others takes at once without blocking; a regular file takes all of it.
    private let sharedLimit: Int
    private let disk = SystemDisk()

    init(_ descriptor: CInt, isOwned: Bool = true) {
        self.descriptor = descriptor
        self.isOwned = isOwned
        let kind = isOwned ? nil : (try? FileStatus(descriptor: descriptor))?.kind
        sharedLimit = kind == .regular ? Int.max : 4_096
    }

    deinit {
        guard isOwned else { return }
        // Unlock explicitly: a child between fork and exec still holds a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        guard count >= 0 else { throw Errno(errno) }
        return count
    }

    func dataEnd(in range: Range<Int>) -> Int {
        // SEEK_DATA and SEEK_HOLE, which Glibc's module does not show.
        let (seekData, seekHole): (CInt, CInt) = (3, 4)
        var end = range.lowerBound
        while end < range.upperBound {
            let data = lseek(descriptor, off_t(end), seekData)
            guard data >= 0 else { return errno == ENXIO ? end : range.upperBound }
            guard data < range.upperBound else { return end }
            let hole = lseek(descriptor, data, seekHole)
            guard hole > data else { return range.upperBound }
            end = min(Int(hole), range.upperBound)
        }
        return end
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        let count = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
            vectors[0] = iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count)
            vectors[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
            return pwritev(descriptor, vectors.baseAddress, 2, off_t(offset))
        }
        guard count >= 0 else { throw Errno(errno) }
        return count
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        if !isOwned {
            // Shared with others, so it may block: only what fits for certain is written (pipe(7), PIPE_BUF).
            guard try isWritable(within: 0) else { throw Errno(EAGAIN) }
        }
        let count = Glibc.write(descriptor, bytes.baseAddress, isOwned ? bytes.count : min(bytes.count, sharedLimit))
        guard count >= 0 else { throw Errno(errno) }
        return count
    }

    func isWritable(within milliseconds: CInt) throws(Errno) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // An error counts as writable: the next write says which.
        return try disk.check(poll(&entry, 1, milliseconds)) > 0
    }

    func syncData() throws(Errno) { try disk.check(fdatasync(descriptor)) }

    func sync() throws(Errno) { try disk.check(fsync(descriptor)) }

    func truncate(to length: Int) throws(Errno) { try disk.check(ftruncate(descriptor, off_t(length))) }

    func allocate(_ length: Int) throws(Errno) {
        let result = posix_fallocate(descriptor, 0, off_t(length))
        guard result == 0 else { throw Errno(result) }
    }

    func dropCache() throws(Errno) {
        let result = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        guard result == 0 else { throw Errno(result) }
    }

    func status() throws(Errno) -> FileStatus { try FileStatus(descriptor: descriptor) }

    func lock() throws(Errno) { try disk.check(flock(descriptor, LOCK_EX | LOCK_NB)) }

    func unlock() throws(Errno) { try disk.check(flock(descriptor, LOCK_UN)) }
}

extension FileStatus {
    /// fstat(2), and the inode's generation by ioctl_iflags(2) "FS_IOC_GETVERSION"; 0 where the file system has none.
    fileprivate init(descriptor: CInt) throws(Errno) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw Errno(errno) }
        var generation = 0
        let isKnown = ioctl(descriptor, 0x8008_7601, &generation) == 0
        self.init(facts, generation: isKnown ? generation & 0xFFFF_FFFF : 0)
    }

    fileprivate init(_ facts: stat, generation: Int) {
        let kind: Kind =
            switch facts.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFIFO: .pipe
            case S_IFCHR, S_IFBLK: .device
            default: .other
            }
        let inode = "\(facts.st_dev)/\(facts.st_ino)"
        self.init(kind: kind, size: Int(facts.st_size), inode: inode, generation: generation)
    }
}
