import Files
import Glibc
import Synchronization

@testable import Journal

/// This machine's disk, with every call counted: what grows with a journal shows here before it shows on a clock.
final class CountingDisk: Disk {
    private let disk = SystemDisk()
    private let counter = Mutex(0)

    /// Calls since the last time this was asked.
    func calls() -> Int {
        counter.withLock { count in
            defer { count = 0 }
            return count
        }
    }

    private let byteCounter = Mutex(0)

    /// Bytes that were read since the last time this was asked.
    func bytesRead() -> Int {
        byteCounter.withLock { count in
            defer { count = 0 }
            return count
        }
    }

    fileprivate func count() { counter.withLock { $0 += 1 } }
    fileprivate func count(bytes: Int) { byteCounter.withLock { $0 += bytes } }

    func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
        count()
        return CountingFile(self, try disk.open(path, flags, mode: mode))
    }

    func makeFolder(_ path: String) throws(Errno) {
        count()
        try disk.makeFolder(path)
    }

    func rename(_ old: String, to new: String) throws(Errno) {
        count()
        try disk.rename(old, to: new)
    }

    func remove(_ path: String) throws(Errno) {
        count()
        try disk.remove(path)
    }

    func exists(_ path: String) -> Bool {
        count()
        return disk.exists(path)
    }

    func status(of path: String) throws(Errno) -> FileStatus { try disk.status(of: path) }

    func databasePath(_ path: String) -> String { path }

    func names(in path: String) throws(Errno) -> [String] {
        let names = try disk.names(in: path)
        // Each name is looked at.
        for _ in names { count() }
        return names
    }

    func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
        count()
        return try disk.fileSystem(of: path)
    }
}

private final class CountingFile: DiskFile {
    private let disk: CountingDisk
    private let file: any DiskFile

    init(_ disk: CountingDisk, _ file: any DiskFile) {
        self.disk = disk
        self.file = file
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        disk.count()
        let count = try file.read(into: buffer, at: offset)
        disk.count(bytes: count)
        return count
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        disk.count()
        return try file.write(first, second, at: offset)
    }

    func syncData() throws(Errno) { try file.syncData() }
    func sync() throws(Errno) { try file.sync() }
    func truncate(to length: Int) throws(Errno) { try file.truncate(to: length) }
    func allocate(_ length: Int) throws(Errno) { try file.allocate(length) }
    func dropCache() throws(Errno) { try file.dropCache() }
    func status() throws(Errno) -> FileStatus { try file.status() }
    func append(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int { try file.append(bytes) }
    func isWritable(within milliseconds: CInt) throws(Errno) -> Bool { try file.isWritable(within: milliseconds) }
    func lock() throws(Errno) { try file.lock() }
    func unlock() throws(Errno) { try file.unlock() }
}
