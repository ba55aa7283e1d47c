package import Files
internal import Glibc

/// A disk in memory that keeps what it has promised and nothing else, fails by seed, and can be copied at every call.
///
/// One thread at a time.
package final class SimulatedDisk: Disk, @unchecked Sendable {
    package var state: DiskState
    package var random: SeededRandom
    /// How many calls of a hundred do only half, are interrupted, or fail.
    package var faults = Faults()
    /// Looks at the disk before each call that changes it.
    package var beforeChange: ((DiskState) -> Void)?
    /// Calls that changed something, or would have.
    package private(set) var changes = 0
    private var locked: Set<Int> = []
    /// Where SQLite's files are; made when a database is first wanted.
    private var scratch: TemporaryFolder?
    private var stamps: [String: String] = [:]

    /// Whether any database was wanted so far.
    var isInUse: Bool { scratch != nil }

    /// The folder of SQLite's files.
    var scratchFolder: String {
        if scratch == nil { scratch = try? TemporaryFolder(isInMemory: true) }
        return scratch?.path ?? "/nowhere"
    }

    /// Takes note of how a database's files look; whether they have changed.
    func isNew(_ stamp: String, of path: String) -> Bool { stamps.updateValue(stamp, forKey: path) != stamp }

    /// The change that fails, once; nil for none.
    package var failingChange: Int?

    package struct Faults {
        package var interrupted = 0
        package var short = 0
        /// Of a thousand.
        package var failing = 0
        /// Syncs that do nothing, as of a disk that lies: for the test of the test.
        package var ignored = 0

        package init(interrupted: Int = 0, short: Int = 0, failing: Int = 0, ignored: Int = 0) {
            self.interrupted = interrupted
            self.short = short
            self.failing = failing
            self.ignored = ignored
        }
    }

    package init(_ state: DiskState = DiskState(), _ random: SeededRandom) {
        self.state = state
        self.random = random
        if !state.databases.isEmpty { restoreDatabases() }
    }

    fileprivate func unlock(_ file: Int) { locked.remove(file) }

    fileprivate func lock(_ file: Int) -> Bool { locked.insert(file).inserted }

    /// Locks go with the process that held them.
    package func forgetLocks() { locked = [] }

    func willChange() throws(Errno) {
        changes += 1
        noteDatabases()
        beforeChange?(state)
        if changes == failingChange { throw Errno(EIO) }
        if chance(faults.interrupted, of: 100) { throw Errno(EINTR) }
    }

    fileprivate func fails() -> Bool { chance(faults.failing, of: 1_000) }

    func chance(_ count: Int, of all: Int) -> Bool {
        count > 0 && Int.random(in: 0..<all, using: &random) < count
    }

    package func open(_ path: String, _ flags: CInt, mode: UInt32) throws(Errno) -> any DiskFile {
        if isDatabase(path) { return try SystemDisk().open(databasePath(path), flags, mode: mode) }
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

    package func makeFolder(_ path: String) throws(Errno) {
        guard state.names[path] == nil else { throw Errno(EEXIST) }
        guard state.names[DiskState.parent(of: path)] != nil else { throw Errno(ENOENT) }
        try willChange()
        state.makeFolder(path)
    }

    package func rename(_ old: String, to new: String) throws(Errno) {
        try willChange()
        if isDatabase(old) {
            guard Glibc.rename(databasePath(old), databasePath(new)) == 0 else { throw Errno(errno) }
            return
        }
        if fails() { throw Errno(EIO) }
        guard state.names[old] != nil else { throw Errno(ENOENT) }
        state.rename(old, to: new)
    }

    package func remove(_ path: String) throws(Errno) {
        try willChange()
        if isDatabase(path) {
            guard unlink(databasePath(path)) == 0 else { throw Errno(errno) }
            return
        }
        guard state.names[path] != nil else { throw Errno(ENOENT) }
        state.remove(path)
    }

    package func exists(_ path: String) -> Bool {
        isDatabase(path) ? access(databasePath(path), F_OK) == 0 : state.names[path] != nil
    }

    package func status(of path: String) throws(Errno) -> FileStatus {
        guard let file = state.names[path] else { throw Errno(ENOENT) }
        return status(of: file)
    }

    fileprivate func status(of file: Int) -> FileStatus {
        file == DiskState.folder
            ? FileStatus(kind: .folder, size: 0, inode: "folder")
            : FileStatus(kind: .regular, size: state.files[file].content.count, inode: "\(file)")
    }

    package func names(in path: String) throws(Errno) -> [String] {
        guard state.names[path] == DiskState.folder else { throw Errno(ENOENT) }
        return state.names.keys.filter { DiskState.parent(of: $0) == path }.map { String($0.dropFirst(path.count + 1)) }
    }

    package func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
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
        if index != DiskState.folder, disk.state.files[index].pending.isEmpty {
            disk.state.files[index].content = disk.state.files[index].durable
        }
    }

    func status() throws(Errno) -> FileStatus { disk.status(of: index) }

    func isWritable(within milliseconds: CInt) throws(Errno) -> Bool { true }

    func append(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), at: disk.state.files[index].content.count)
    }

    func lock() throws(Errno) {
        guard disk.lock(index) else { throw Errno(EWOULDBLOCK) }
        holdsLock = true
    }

    func unlock() throws(Errno) {
        disk.unlock(index)
        holdsLock = false
    }
}
