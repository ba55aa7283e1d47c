import Files
import Foundation
import TestSupport
import Time

@testable import Journal
@testable import Refresher

/// The machine's files behind a disk that fails when told to, and knows what a power cut takes: what was not synced.
// @unchecked: everything that changes is touched under the lock.
final class FailingDisk: Disk, @unchecked Sendable {
    /// How it fails, from one of its changes on.
    enum Failure: CaseIterable {
        /// That change fails with EIO alone.
        case once
        /// What is written no longer fits; the first write is done by half.
        case full
        /// Nothing is changed or synced any more, as if the power were gone.
        case dead
    }

    private let lock = NSLock()
    private let system = SystemDisk()
    private let journal: String
    private let failure: Failure
    private let place: Int
    private var nodes: [String: Node] = [:]
    private var random: SeededRandom
    private var isOver = false
    /// Calls that change something, or would.
    private(set) var changes = 0
    /// Calls that failed on purpose.
    private(set) var failures = 0
    /// Bytes that were read of the two sources.
    fileprivate(set) var bytesRead = 0

    /// - Parameter place: the change from which on it fails.
    init(_ journal: String, _ failure: Failure, at place: Int, _ random: SeededRandom) {
        self.journal = journal
        self.failure = failure
        self.place = place
        self.random = random
    }

    /// A refresher's way to the journal over this disk.
    var access: JournalAccess {
        let (disk, journal) = (self, journal)
        return JournalAccess(
            directory: journal,
            open: { try Journal(directory: journal, disk: disk) },
            writer: { source, clock in
                try JournalWriter(
                    SourceFolder(journal: journal, source: source, disk: disk),
                    catalog: { try Catalog(journal: journal, disk: SystemDisk()) },
                    configuration: .init(),
                    clock: clock,
                    startsThreads: true
                )
            }
        )
    }

    /// The machine starts again: what a sync could not write is lost, and where the power was cut any of what was not synced.
    func restart(cutPower: Bool) throws(Errno) {
        try locked { () throws(Errno) in
            isOver = true
            let all = Bool.random(using: &random)
            // What is in a folder comes before its names.
            for node in nodes.values.sorted(by: { $0.path > $1.path }) {
                let kept = all ? 0 : Int.random(in: 0...node.pending.count, using: &random)
                for (index, change) in node.pending.enumerated().reversed()
                where change.isLost || cutPower && index >= kept {
                    try change.undo()
                }
            }
        }
    }

    fileprivate func locked<Result>(_ body: () throws(Errno) -> Result) throws(Errno) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }

    private func node(_ path: String) -> Node {
        if let node = nodes[path] { return node }
        let node = Node(path)
        nodes[path] = node
        return node
    }

    /// The bytes that a write is allowed, of so many; a sync or a change of names has none.
    fileprivate func allowed(_ count: Int = 0, needsRoom: Bool) throws(Errno) -> Int {
        changes += 1
        if isOver { throw Errno(EIO) }
        guard changes >= place else { return count }
        switch failure {
        case .once:
            guard changes == place else { return count }
        case .full:
            guard needsRoom else { return count }
            if failures == 0, count > 1 {
                failures += 1
                return count / 2
            }
        case .dead: break
        }
        failures += 1
        throw Errno(failure == .full ? ENOSPC : EIO)
    }

    /// Paths of the two sources that a refresher writes.
    private func isWatched(_ path: String) -> Bool {
        ["ledger", "lookup"].contains { path == "\(journal)/\($0)" || path.hasPrefix("\(journal)/\($0)/") }
    }

    func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
        try locked { () throws(Errno) in
            // The journal's own folder is synced for the names of its sources.
            guard isWatched(path) || path == journal else { return try system.open(path, flags, mode: mode) }
            if flags & O_CREAT != 0, !system.exists(path) {
                _ = try allowed(needsRoom: true)
                let file = try system.open(path, flags, mode: mode)
                // A new file may take the name of one that was renamed away.
                nodes[path] = Node(path)
                noteNew(path)
                return FailingFile(self, file, node(path))
            }
            return FailingFile(self, try system.open(path, flags, mode: mode), node(path))
        }
    }

    func makeFolder(_ path: String) throws(Errno) {
        try locked { () throws(Errno) in
            guard isWatched(path), !system.exists(path) else { return try system.makeFolder(path) }
            _ = try allowed(needsRoom: true)
            try system.makeFolder(path)
            noteNew(path)
        }
    }

    func rename(_ old: String, to new: String) throws(Errno) {
        try locked { () throws(Errno) in
            _ = try allowed(needsRoom: false)
            try system.rename(old, to: new)
            let node = node(old)
            nodes[old] = nil
            node.path = new
            nodes[new] = node
            self.node(parentFolder(of: new)).pending.append(
                Node.Change { [system] () throws(Errno) in
                    try system.rename(new, to: old)
                    node.path = old
                }
            )
        }
    }

    private func noteNew(_ path: String) {
        node(parentFolder(of: path)).pending.append(
            Node.Change { () throws(Errno) in
                // Where a folder goes, what is in it goes too.
                do { try FileManager.default.removeItem(atPath: path) } catch { throw Errno(EIO) }
            }
        )
    }

    func remove(_ path: String) throws(Errno) { try system.remove(path) }
    func exists(_ path: String) -> Bool { system.exists(path) }
    func status(of path: String) throws(Errno) -> FileStatus { try system.status(of: path) }
    func databasePath(_ path: String) -> String { path }
    func names(in path: String) throws(Errno) -> [String] { try system.names(in: path) }
    func fileSystem(of path: String) throws(Errno) -> FileSystemFacts { try system.fileSystem(of: path) }
}

/// A file or folder, by whatever name and descriptor it is reached.
private final class Node {
    /// Something that is not on the disk yet, and how it is taken back.
    struct Change {
        let undo: () throws(Errno) -> Void
        /// A sync tried it and failed: the kernel does not try again.
        var isLost = false

        init(_ undo: @escaping () throws(Errno) -> Void) { self.undo = undo }
    }

    var path: String
    var pending: [Change] = []
    /// Syncs that failed: each descriptor is told.
    var failedSyncs = 0

    init(_ path: String) { self.path = path }
}

// @unchecked: the disk's lock guards what is not the system's own.
private final class FailingFile: DiskFile, @unchecked Sendable {
    private let disk: FailingDisk
    private let file: any DiskFile
    private let node: Node
    private var failuresTold: Int

    init(_ disk: FailingDisk, _ file: any DiskFile, _ node: Node) {
        (self.disk, self.file, self.node) = (disk, file, node)
        failuresTold = node.failedSyncs
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        let count = try file.read(into: buffer, at: offset)
        try disk.locked { () throws(Errno) in disk.bytesRead += count }
        return count
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
        try disk.locked { () throws(Errno) in
            let count = try disk.allowed(first.count + second.count, needsRoom: true)
            try note(from: offset, count)
            let head = UnsafeRawBufferPointer(rebasing: first.prefix(count))
            let rest = UnsafeRawBufferPointer(rebasing: second.prefix(count - head.count))
            return try file.write(head, rest, at: offset)
        }
    }

    func syncData() throws(Errno) { try sync() }

    /// Nothing is synced in truth: only a power cut of this disk's own takes anything.
    func sync() throws(Errno) {
        try disk.locked { () throws(Errno) in
            do throws(Errno) { _ = try disk.allowed(needsRoom: false) } catch {
                for index in node.pending.indices { node.pending[index].isLost = true }
                node.failedSyncs += 1
                failuresTold = node.failedSyncs
                throw error
            }
            if node.failedSyncs > failuresTold {
                failuresTold = node.failedSyncs
                throw Errno(EIO)
            }
            node.pending.removeAll { !$0.isLost }
        }
    }

    func truncate(to length: Int) throws(Errno) {
        try disk.locked { () throws(Errno) in
            _ = try disk.allowed(needsRoom: false)
            try note(from: length, max(0, try file.status().size - length))
            try file.truncate(to: length)
        }
    }

    func allocate(_ length: Int) throws(Errno) {
        try disk.locked { () throws(Errno) in
            _ = try disk.allowed(needsRoom: true)
            try note(from: length, 0)
            try file.allocate(length)
        }
    }

    /// Keeps what stands in a stretch, and how long the file is.
    private func note(from offset: Int, _ count: Int) throws(Errno) {
        let size = try file.status().size
        var old = Data(count: max(0, min(count, size - offset)))
        if !old.isEmpty {
            var failure: Errno?
            old.withUnsafeMutableBytes { buffer in
                do throws(Errno) { _ = try file.read(into: buffer, at: offset) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        let node = node
        node.pending.append(
            Node.Change { () throws(Errno) in
                let file = try SystemDisk().open(node.path, O_RDWR, mode: 0)
                try file.truncate(to: size)
                guard !old.isEmpty else { return }
                var failure: Errno?
                old.withUnsafeBytes { bytes in
                    do throws(Errno) {
                        _ = try file.write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
                    } catch { failure = error }
                }
                if let failure { throw failure }
            }
        )
    }

    func dropCache() throws(Errno) { try file.dropCache() }
    func status() throws(Errno) -> FileStatus { try file.status() }
    func append(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int { try file.append(bytes) }
    func isWritable(within milliseconds: CInt) throws(Errno) -> Bool { true }
    func lock() throws(Errno) { try file.lock() }
    func unlock() throws(Errno) { try file.unlock() }
}
