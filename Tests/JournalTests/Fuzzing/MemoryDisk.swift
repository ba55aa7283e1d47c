import Files
import Glibc
import Synchronization

@testable import Journal

/// A disk in memory: thousands of journals a second, and no file system is touched.
///
/// It counts calls, so that a reader that never comes to an end is noticed by the count and not by the clock, and notes
/// the largest buffer that anybody wanted filled: what readers allocate, they allocate to read into.
final class MemoryDisk: Disk {
    private let files: Mutex<[String: MemoryFile]>
    private let folders: Mutex<Set<String>>
    private let usage: Usage

    /// What was asked of a disk's files.
    final class Usage: Sendable {
        fileprivate let calls = Atomic<Int>(0)
        fileprivate let largestBuffer = Atomic<Int>(0)
        fileprivate let callLimit: Int

        fileprivate init(_ callLimit: Int) { self.callLimit = callLimit }

        fileprivate func count(buffer: Int = 0) throws(Errno) {
            let calls = calls.wrappingAdd(1, ordering: .relaxed).newValue
            if buffer > largestBuffer.load(ordering: .relaxed) { largestBuffer.store(buffer, ordering: .relaxed) }
            if calls > callLimit { throw Errno(ETIME) }
        }
    }

    /// A disk with these files; from the call after the limit on, every call fails.
    init(_ contents: [String: [UInt8]] = [:], folders: Set<String> = [], callLimit: Int = .max) {
        let usage = Usage(callLimit)
        self.usage = usage
        files = Mutex(contents.mapValues { MemoryFile($0, usage) })
        self.folders = Mutex(folders)
    }

    /// What all files hold now.
    var contents: [String: [UInt8]] { files.withLock { $0.mapValues { $0.contents } } }

    /// Whether more calls were made than any reader of a small journal needs.
    var isExhausted: Bool { usage.calls.load(ordering: .relaxed) > usage.callLimit }

    /// The largest buffer that was to be filled.
    var largestBuffer: Int { usage.largestBuffer.load(ordering: .relaxed) }

    func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
        try usage.count()
        if folders.withLock({ $0.contains(path) }) { return MemoryFile([], usage, isFolder: true) }
        let found = files.withLock { files in
            if files[path] == nil && flags & O_CREAT != 0 { files[path] = MemoryFile([], usage) }
            return files[path]
        }
        guard let found else { throw Errno(ENOENT) }
        if flags & O_TRUNC != 0 { try found.truncate(to: 0) }
        return found
    }

    func makeFolder(_ path: String) throws(Errno) {
        guard folders.withLock({ $0.insert(path).inserted }) else { throw Errno(EEXIST) }
    }

    func rename(_ old: String, to new: String) throws(Errno) {
        let isDone = files.withLock { files in
            files[new] = files.removeValue(forKey: old) ?? files[new]
            return files[new] != nil
        }
        guard isDone else { throw Errno(ENOENT) }
    }

    func remove(_ path: String) throws(Errno) {
        guard files.withLock({ $0.removeValue(forKey: path) }) != nil else { throw Errno(ENOENT) }
    }

    func exists(_ path: String) -> Bool {
        files.withLock { $0[path] != nil } || folders.withLock { $0.contains(path) }
    }

    func names(in path: String) throws(Errno) -> [String] {
        let all = files.withLock { Array($0.keys) } + folders.withLock { Array($0) }
        return all.filter { $0.hasPrefix(path + "/") }.map { String($0.dropFirst(path.count + 1)) }
            .filter { !$0.contains("/") }
    }

    func status(of path: String) throws(Errno) -> FileStatus { try open(path, O_RDONLY, mode: 0).status() }

    func databasePath(_ path: String) -> String { ":memory:" }

    func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
        FileSystemFacts(kind: "memory", freeBytes: 1 << 30)
    }
}

private final class MemoryFile: DiskFile {
    private let bytes: Mutex<[UInt8]>
    private let isLocked = Mutex(false)
    private let usage: MemoryDisk.Usage

    private let isFolder: Bool

    init(_ contents: [UInt8], _ usage: MemoryDisk.Usage, isFolder: Bool = false) {
        self.isFolder = isFolder
        bytes = Mutex(contents)
        self.usage = usage
    }

    var contents: [UInt8] { bytes.withLock { $0 } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        try usage.count(buffer: buffer.count)
        guard offset >= 0 else { throw Errno(EINVAL) }
        return bytes.withLock { bytes in
            let count = min(buffer.count, bytes.count - offset)
            guard count > 0 else { return 0 }
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            return count
        }
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        try usage.count()
        let count = first.count + second.count
        bytes.withLock { bytes in
            if bytes.count < offset + count { bytes += [UInt8](repeating: 0, count: offset + count - bytes.count) }
            bytes.replaceSubrange(offset..<offset + first.count, with: first)
            bytes.replaceSubrange(offset + first.count..<offset + count, with: second)
        }
        return count
    }

    func truncate(to length: Int) throws(Errno) {
        bytes.withLock { bytes in
            if length < bytes.count { bytes.removeLast(bytes.count - length) }
            if length > bytes.count { bytes += [UInt8](repeating: 0, count: length - bytes.count) }
        }
    }

    func allocate(_ length: Int) throws(Errno) { try truncate(to: max(length, contents.count)) }

    func status() throws(Errno) -> FileStatus {
        try usage.count()
        return FileStatus(kind: isFolder ? .folder : .regular, size: bytes.withLock { $0.count }, inode: "memory")
    }

    func append(_ more: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try write(more, UnsafeRawBufferPointer(start: nil, count: 0), at: contents.count)
    }

    func isWritable(within milliseconds: CInt) throws(Errno) -> Bool { true }

    func lock() throws(Errno) {
        let wasLocked = isLocked.withLock { isLocked in
            defer { isLocked = true }
            return isLocked
        }
        if wasLocked { throw Errno(EWOULDBLOCK) }
    }

    func unlock() throws(Errno) { isLocked.withLock { $0 = false } }

    func syncData() throws(Errno) {}
    func sync() throws(Errno) {}
    func dropCache() throws(Errno) {}
}
