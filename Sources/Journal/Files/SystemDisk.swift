internal import Glibc

/// The machine's own file systems.
struct SystemDisk: Disk {
    func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
        SystemFile(try check(Glibc.open(path, flags | O_CLOEXEC, mode)))
    }

    func makeFolder(_ path: String) throws(Errno) { try check(mkdir(path, 0o750)) }

    func rename(_ old: String, to new: String) throws(Errno) { try check(Glibc.rename(old, new)) }

    func remove(_ path: String) throws(Errno) { try check(unlink(path)) }

    func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    func names(in path: String) throws(Errno) -> [String] {
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

    func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
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
    private let disk = SystemDisk()

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit {
        // A lock lives as long as any copy of its descriptor, and a child that is just being started has one until it
        // becomes another program: who lets go by an error has let go at once.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        guard count >= 0 else { throw Errno(errno) }
        return count
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

    func size() throws(Errno) -> Int {
        var status = stat()
        try disk.check(fstat(descriptor, &status))
        return Int(status.st_size)
    }

    func lock() throws(Errno) { try disk.check(flock(descriptor, LOCK_EX | LOCK_NB)) }

    func unlock() throws(Errno) { try disk.check(flock(descriptor, LOCK_UN)) }
}
