import Files
import Foundation
import Glibc
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Journal

@Suite(.serialized) struct UnusualStateTests {
    @Test func aSyncAfterAFailureFailsToo() throws {
        let folder = try TemporaryFolder()
        let w = try JournalWriter(directory: folder.path, source: .filtered)
        try w.append("a\n")
        w.monitor.withLock { $0.fail(JournalError(.io, "sync failed before")) }
        #expect(throws: JournalError.self, "K") { try w.sync() }
        try? w.close()
    }

    @Test func aFollowerGoesOnBesideAnEntryThatAKillTore() throws {
        let folder = try TemporaryFolder()
        var w: JournalWriter? = try JournalWriter(directory: folder.path, source: .filtered)
        try w?.append(Array(repeating: 97, count: 100_000) + [10])
        let follower = try RecordReader(journal: try Journal(directory: folder.path), source: .filtered, to: .never)
        var seen = ReadBack()
        try seen.add(follower)
        w = nil
        usleep(1_500_000)
        // A kill within the next pwritev: the first page of the entry is there.
        let payload = [UInt8](repeating: 98, count: 16_384)
        var header = [UInt8](repeating: 0, count: TailEntry.headerSize)
        let entry = TailEntry(
            kind: .delivery,
            length: payload.count,
            sequence: 2,
            offset: ByteOffset(rawValue: 100_001),
            arrival: Timestamp(rawValue: 1)
        )
        header.withUnsafeMutableBytes { h in payload.withUnsafeBytes { entry.writeHeader(to: h, payload: $0) } }
        let tail = try SystemDisk().file("\(folder.path)/filtered/tail", O_RDWR)
        let torn = header + Array(payload[0..<4_000])
        try torn.withUnsafeBytes { try tail.write($0, at: 100_049) }
        let again = try JournalWriter(directory: folder.path, source: .filtered)
        try again.append("b\n")
        try seen.add(follower)
        let fresh = try ReadBack(folder.path).records.count
        #expect(seen.records.count == 2, "L: \(seen.records.count); fresh reader: \(fresh)")
        try again.close()
    }

    @Test func aStaleOpenFileBesideItsSealedOneIsNotBelieved() throws {
        let folder = try TemporaryFolder()
        for n in 0..<3 {
            let w = try JournalWriter(directory: folder.path, source: .filtered)
            try w.append("{\"n\":\(n)}\n")
            try w.close()
        }
        for id in ["0000000001", "0000000003"] {
            let path = "\(folder.path)/filtered/\(id)"
            try FileManager.default.copyItem(atPath: path + ".zst", toPath: path + ".open")
            let f = try SystemDisk().file(path + ".open", O_RDWR)
            let first = try #require(try BlockLocation.find(in: f, at: 0))
            try f.truncate(to: first.end)
        }
        try SystemDisk().file("\(folder.path)/filtered/tail", O_RDWR).truncate(to: 0)
        let count = try ReadBack(folder.path).records.count
        #expect(count == 3, "M: \(count)")
        let w = try JournalWriter(directory: folder.path, source: .filtered)
        #expect(w.endOffset == ByteOffset(rawValue: 24), "M: \(w.endOffset)")
        try w.close()
        _ = try SystemDisk().file("\(folder.path)/filtered/0000000003.zst", O_RDONLY)
    }
}
