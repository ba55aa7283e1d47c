import Glibc
import TestSupport

@testable import Journal

/// A disk in memory that keeps what it has promised and nothing else, fails by seed, and can be copied at every call.
///
/// One thread at a time.
final class SimulatedDisk: Disk, @unchecked Sendable {
    var state: DiskState
    var random: SeededRandom
    /// How many calls of a hundred do only half, are interrupted, or fail.
    var faults = Faults()
    /// Looks at the disk before each call that changes it.
    var beforeChange: ((DiskState) -> Void)?
    /// Calls that changed something, or would have.
    private(set) var changes = 0
    private var locked: Set<Int> = []

    struct Faults {
        var interrupted = 0
        var short = 0
        /// Of a thousand.
        var failing = 0
        /// Syncs that do nothing, as of a disk that lies: for the test of the test.
        var ignored = 0
    }

    init(_ state: DiskState = DiskState(), _ random: SeededRandom) {
        self.state = state
        self.random = random
    }

    fileprivate func unlock(_ file: Int) { locked.remove(file) }

    fileprivate func lock(_ file: Int) -> Bool { locked.insert(file).inserted }

    /// Locks go with the process that held them.
    func forgetLocks() { locked = [] }

    fileprivate func willChange() throws(Errno) {
        changes += 1
        beforeChange?(state)
        if chance(faults.interrupted, of: 100) { throw Errno(EINTR) }
    }

    fileprivate func fails() -> Bool { chance(faults.failing, of: 1_000) }

    fileprivate func chance(_ count: Int, of all: Int) -> Bool {
        count > 0 && Int.random(in: 0..<all, using: &random) < count
    }

    func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
        if let file = state.names[path] {
            if flags & O_TRUNC != 0 {
                try willChange()
                state.files[file].apply(.resize(0))
            }
            return SimulatedFile(self, path, file)
        }
        guard flags & O_CREAT != 0 else { throw Errno(ENOENT) }
        try willChange()
        if fails() { throw Errno(ENOSPC) }
        return SimulatedFile(self, path, state.create(path))
    }

    func makeFolder(_ path: String) throws(Errno) {
        guard state.names[path] == nil else { throw Errno(EEXIST) }
        guard state.names[DiskState.parent(of: path)] != nil else { throw Errno(ENOENT) }
        try willChange()
        state.makeFolder(path)
    }

    func rename(_ old: String, to new: String) throws(Errno) {
        try willChange()
        if fails() { throw Errno(EIO) }
        guard state.names[old] != nil else { throw Errno(ENOENT) }
        state.rename(old, to: new)
    }

    func remove(_ path: String) throws(Errno) {
        try willChange()
        guard state.names[path] != nil else { throw Errno(ENOENT) }
        state.remove(path)
    }

    func exists(_ path: String) -> Bool { state.names[path] != nil }

    func names(in path: String) throws(Errno) -> [String] {
        guard state.names[path] == DiskState.folder else { throw Errno(ENOENT) }
        return state.names.keys.filter { DiskState.parent(of: $0) == path }.map { String($0.dropFirst(path.count + 1)) }
    }

    func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
        FileSystemFacts(kind: "memory", freeBytes: Int.max)
    }
}

private final class SimulatedFile: DiskFile, @unchecked Sendable {
    private let disk: SimulatedDisk
    private let path: String
    private let index: Int
    private var failuresTold: Int
    private var holdsLock = false

    init(_ disk: SimulatedDisk, _ path: String, _ index: Int) {
        self.disk = disk
        self.path = path
        self.index = index
        failuresTold = index == DiskState.folder ? 0 : disk.state.files[index].failures
    }

    deinit { if holdsLock { disk.unlock(index) } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        let content = disk.state.files[index].content
        guard offset < content.count else { return 0 }
        var count = min(buffer.count, content.count - offset)
        if count > 1, disk.chance(disk.faults.short, of: 100) { count = Int.random(in: 1..<count, using: &disk.random) }
        content.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
        }
        return count
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        try disk.willChange()
        var bytes = Array(first) + Array(second)
        let fails = disk.fails()
        if bytes.count > 1, fails || disk.chance(disk.faults.short, of: 100) {
            bytes.removeLast(Int.random(in: 1..<bytes.count, using: &disk.random))
        }
        // A full disk writes what it can, and says so at the next call.
        if fails, Bool.random(using: &disk.random) { throw Errno(ENOSPC) }
        disk.state.files[index].apply(.write(offset: offset, bytes: bytes))
        return bytes.count
    }

    func syncData() throws(Errno) { try sync() }

    func sync() throws(Errno) {
        try disk.willChange()
        if index == DiskState.folder {
            if disk.fails() { throw Errno(EIO) }
            disk.state.syncFolder(path)
            return
        }
        if disk.fails() { disk.state.failSync(of: index, &disk.random) }
        if disk.state.files[index].failures > failuresTold {
            failuresTold = disk.state.files[index].failures
            throw Errno(EIO)
        }
        if !disk.chance(disk.faults.ignored, of: 100) { disk.state.files[index].sync() }
    }

    func truncate(to length: Int) throws(Errno) {
        try disk.willChange()
        if disk.fails() { throw Errno(EIO) }
        disk.state.files[index].apply(.resize(length))
    }

    func allocate(_ length: Int) throws(Errno) {
        try disk.willChange()
        if disk.fails() { throw Errno(ENOSPC) }
        if disk.state.files[index].content.count < length { disk.state.files[index].apply(.resize(length)) }
    }

    func dropCache() throws(Errno) {
        if disk.state.files[index].pending.isEmpty { disk.state.files[index].content = disk.state.files[index].durable }
    }

    func size() throws(Errno) -> Int { disk.state.files[index].content.count }

    func lock() throws(Errno) {
        guard disk.lock(index) else { throw Errno(EWOULDBLOCK) }
        holdsLock = true
    }

    func unlock() throws(Errno) {
        disk.unlock(index)
        holdsLock = false
    }
}
