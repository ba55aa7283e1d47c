import Files
import Foundation
import Glibc
import Hashing
import SQLite
import TestSupport
import Testing

@testable import Journal

/// A journal that a newer Reprise wrote is refused by readers and writers alike, and no byte of it is changed.
@Suite struct NewerFormatTests {
    private func record(_ path: String, closing: Bool = true) throws {
        let writer = try JournalWriter(directory: path, source: .filtered)
        for number in 0..<40 { try writer.append("{\"n\":\(number)}\n") }
        if closing { try writer.close() }
    }

    /// Gives the last block of a segment version 2, its checksum right.
    private func renewLastBlock(_ path: String, checksumIsRight: Bool = true) throws {
        let file = try SystemDisk().file(path, O_RDWR)
        var last: BlockLocation?
        while let next = try BlockLocation.find(in: file, at: last?.end ?? 0) { last = next }
        let location = try #require(last)
        var stored = [UInt8](repeating: 0, count: location.storedSize)
        _ = try file.readArray(into: &stored, at: location.start)
        stored[location.frameSize + 16] = 2
        let checked = stored.count - 8
        let hash = stored.withUnsafeBytes { bytes in
            XXH3.hash(
                UnsafeRawBufferPointer(rebasing: bytes[..<location.frameSize]),
                UnsafeRawBufferPointer(rebasing: bytes[location.frameSize..<checked])
            )
        }
        if checksumIsRight { withUnsafeBytes(of: hash.littleEndian) { stored.replaceSubrange(checked..., with: $0) } }
        try stored.withUnsafeBytes { try file.write($0, at: location.start) }
    }

    /// All files but the lock, whose holder's process id is written by whoever takes it.
    private func files(_ path: String) throws -> [String: Data] {
        var all: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) where !name.hasSuffix("/lock") {
            // SQLite makes these two beside its file; they are empty or an index of what is in it.
            if name.hasSuffix("-shm") || name.hasSuffix("-wal") { continue }
            all[name] = FileManager.default.contents(atPath: "\(path)/\(name)")
        }
        return all
    }

    private func expectRefusal(_ path: String, _ what: String) throws {
        let before = try files(path)
        let writing = #expect(throws: JournalError.self, "\(what): writing") {
            try JournalWriter(directory: path, source: .filtered)
        }
        let reading = #expect(throws: JournalError.self, "\(what): reading") { try ReadBack(path) }
        let following = #expect(throws: JournalError.self, "\(what): following") {
            let reader = try RecordReader(journal: try Journal(directory: path), source: .filtered, to: .never)
            while try reader.nextBatch() != nil {}
        }
        let bytes = #expect(throws: JournalError.self, "\(what): bytes") { try allBytes(path) }
        let summary = #expect(throws: JournalError.self, "\(what): summary") {
            try Journal(directory: path).summary(of: .filtered)
        }
        for error in [writing, reading, following, bytes, summary] {
            #expect(error?.code == .unsupported, "\(what): \(String(describing: error))")
            #expect(error?.message.contains("newer Reprise; upgrade") == true, "\(what): \(String(describing: error))")
        }
        #expect((try files(path) == before) == true, "\(what): a file was changed")
    }

    @Test func blocksOfANewerVersionAreRefused() throws {
        for kind in ["sealed", "open"] {
            let folder = try TemporaryFolder()
            try record(folder.path)
            let path = "\(folder.path)/filtered/0000000001"
            // As a kill leaves it: without its table, and with the beginning of another block behind.
            if kind == "open" {
                try FileManager.default.moveItem(atPath: "\(path).zst", toPath: "\(path).open")
                let file = try SystemDisk().file("\(path).open", O_RDWR)
                let end = try #require(try SeekTable.read(from: file)).frames.reduce(0) { $0 + $1.storedSize }
                try file.truncate(to: end)
                try [0x28, 0xB5, 0x2F, 0xFD].withUnsafeBytes { try file.write($0, at: end) }
            }
            try renewLastBlock(kind == "open" ? "\(path).open" : "\(path).zst")
            try expectRefusal(folder.path, kind)
        }
    }

    @Test func aNewerVersionInAnOlderSegmentIsRefusedToo() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { try record(folder.path) }
        try renewLastBlock("\(folder.path)/filtered/0000000001.zst")
        let error = #expect(throws: JournalError.self) { try ReadBack(folder.path) }
        #expect(error?.code == .unsupported)
    }

    @Test func aDamagedVersionIsDamageAndNoNewerOne() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { try record(folder.path) }
        try renewLastBlock("\(folder.path)/filtered/0000000001.zst", checksumIsRight: false)
        let read = try ReadBack(folder.path)
        #expect(read.events.map(\.kind) == ["gap"])
        #expect(read.records.count == 40)
    }

    @Test func aTailOfANewerVersionIsRefused() throws {
        let folder = try TemporaryFolder()
        let live = "\(folder.path)/live", copy = "\(folder.path)/copy"
        let writer = try JournalWriter(directory: live, source: .filtered)
        for number in 0..<40 { try writer.append("{\"n\":\(number)}\n") }
        try FileManager.default.copyItem(atPath: live, toPath: copy)
        try writer.close()
        let tail = try SystemDisk().file("\(copy)/filtered/tail", O_RDWR)
        try Array("RTE2".utf8).withUnsafeBytes { try tail.write($0, at: 0) }
        // A damaged byte is no newer version: the entry is lost, and told.
        #expect(try ReadBack(copy).events.map(\.kind) == ["gap"])
        var header = [UInt8](repeating: 0, count: TailEntry.headerSize)
        try #require(try tail.readArray(into: &header, at: 0))
        var payload = [UInt8](repeating: 0, count: Int(header[8]))
        try #require(try tail.readArray(into: &payload, at: header.count))
        let hash = header.withUnsafeBytes { header in
            payload.withUnsafeBytes { XXH3.hash(UnsafeRawBufferPointer(rebasing: header[..<40]), $0) }
        }
        try withUnsafeBytes(of: hash.littleEndian) { try tail.write($0, at: 40) }
        try expectRefusal(copy, "tail")
    }

    @Test func aCatalogOrCheckpointsOfANewerSchemaAreRefused() throws {
        for name in ["catalog.sqlite", "state.sqlite"] {
            let folder = try TemporaryFolder()
            try record(folder.path)
            do {
                let journal = try Journal(directory: folder.path)
                try Checkpoint(journal: journal, name: "a", sink: "s", transform: "t").save([.filtered: .zero])
            }
            try Connection(path: "\(folder.path)/\(name)").execute("PRAGMA user_version=99")
            try expectRefusal(folder.path, name)
        }
    }
}
