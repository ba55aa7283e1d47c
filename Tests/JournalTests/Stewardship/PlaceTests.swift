import Files
import Foundation
import Glibc
import TestSupport
import Testing
import Time

@testable import Journal

/// Where a journal is: on which file system, and what becomes of one that is moved.
@Suite struct PlaceTests {
    /// This machine's disk, said to be of another kind.
    private struct DiskOfAKind: Disk {
        let kind: String?
        private let disk = SystemDisk()

        init(_ kind: String?) { self.kind = kind }

        func open(_ path: String, _ flags: CInt, mode: mode_t) throws(Errno) -> any DiskFile {
            try disk.open(path, flags, mode: mode)
        }
        func makeFolder(_ path: String) throws(Errno) { try disk.makeFolder(path) }
        func rename(_ old: String, to new: String) throws(Errno) { try disk.rename(old, to: new) }
        func remove(_ path: String) throws(Errno) { try disk.remove(path) }
        func exists(_ path: String) -> Bool { disk.exists(path) }
        func status(of path: String) throws(Errno) -> FileStatus { try disk.status(of: path) }
        func databasePath(_ path: String) -> String { path }
        func names(in path: String) throws(Errno) -> [String] { try disk.names(in: path) }
        func fileSystem(of path: String) throws(Errno) -> FileSystemFacts {
            FileSystemFacts(kind: kind, freeBytes: try disk.fileSystem(of: path).freeBytes)
        }
    }

    private func open(_ path: String, on kind: String?) throws -> JournalWriter {
        try JournalWriter(
            SourceFolder(journal: path, source: .filtered, disk: DiskOfAKind(kind)),
            catalog: { nil },
            configuration: .init(),
            clock: .system,
            startsThreads: true
        )
    }

    @Test func fileSystemsOfOtherMachinesAreRefusedWithTheReason() throws {
        for kind in FileSystemFacts.remoteKinds.sorted() {
            let folder = try TemporaryFolder()
            let error = #expect(throws: FileError.self, "\(kind)") { try open(folder.path, on: kind) }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("is on \(kind), where locks and syncs") == true, "\(kind)")
            #expect(error?.message.contains("record onto a local disk") == true, "\(kind)")
            #expect(try SystemDisk().sortedNames(in: "\(folder.path)/filtered") == [])
        }
        for kind in ["ext4", "xfs", "tmpfs", nil] {
            let folder = try TemporaryFolder()
            let writer = try open(folder.path, on: kind)
            try writer.append("a\n")
            try writer.close()
            #expect(try ReadBack(folder.path).records.count == 1)
        }
    }

    @Test func aJournalThatWasMovedOpensAndGoesOn() throws {
        let folder = try TemporaryFolder()
        let before = "\(folder.path)/before", after = "\(folder.path)/elsewhere/after"
        let writer = try JournalWriter(directory: before, source: .filtered, configuration: .init(segmentByteLimit: 50))
        for number in 0..<20 { try writer.append("{\"n\":\(number)}\n") }
        try writer.close()
        let settled = ByteOffset(rawValue: 80)
        do {
            let journal = try Journal(directory: before)
            try Checkpoint(journal: journal, name: "a", sink: "s", transform: "t").save([.filtered: settled])
        }
        let read = try ReadBack(before)
        try FileManager.default.createDirectory(atPath: "\(folder.path)/elsewhere", withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: before, toPath: after)

        #expect(try ReadBack(after) == read)
        let again = try JournalWriter(directory: after, source: .filtered)
        #expect(again.endOffset == read.marks.last?.endOffset)
        try again.append("{\"more\":1}\n")
        try again.close()
        let journal = try Journal(directory: after)
        let checkpoint = try Checkpoint(journal: journal, name: "a", sink: "s", transform: "t")
        #expect(checkpoint.positions == [.filtered: settled])
        let rest = try ReadBack(after, from: .offset(settled))
        #expect(rest.records == read.records.suffix(rest.records.count - 1) + [Array("{\"more\":1}".utf8)])
        try checkpoint.save([.filtered: journal.endOffset(of: .filtered)])
        #expect(try journal.summary(of: .filtered).records == 21)
        // Nothing was made anew at the old place.
        #expect(!FileManager.default.fileExists(atPath: before))
    }
}
