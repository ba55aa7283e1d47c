import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct DamageTests {
    /// A journal of several segments with several blocks each, closed in order.
    private func makeJournal(_ path: String) throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for part in 0..<3 {
            let writer = try JournalWriter(
                directory: path,
                source: .filtered,
                configuration: .init(segmentByteLimit: 9 << 20)
            )
            try writer.append(event: EventKind.opened, fields: [("status", .integer(200))])
            for number in 0..<40 {
                let line =
                    Array("{\"part\":\(part),\"n\":\(number),\"pad\":\"".utf8) + Array(repeating: 97, count: 200_000)
                lines.append(line)
                try writer.append(line + [13, 10])
            }
            try writer.append(event: EventKind.closed, fields: [("why", .string("server-closed"))])
            try writer.close()
        }
        return lines
    }

    @Test func damageInASealedSegmentCostsThatBlockAloneAndBecomesAGap() throws {
        let folder = try TemporaryFolder()
        let lines = try makeJournal(folder.path)
        let path = "\(folder.path)/filtered/0000000001.zst"
        let file = try SystemDisk().file(path, O_RDWR)
        let opening = try #require(try BlockLocation.find(in: file, at: 0))
        let first = try #require(try BlockLocation.find(in: file, at: opening.end))
        try [UInt8]([0xFF]).withUnsafeBytes { try file.write($0, at: first.start + first.frameSize / 2) }
        let read = try ReadBack(folder.path)
        #expect(read.events.contains { $0.kind == EventKind.gap })
        let whole = read.marks.filter { $0.kind == .whole }.count
        // A block holds 20 of these records, and the one that crosses its end is lost with it.
        #expect((lines.count - 21...lines.count - 20).contains(whole), "\(whole) of \(lines.count)")
        let known = Set(lines)
        for (record, mark) in zip(read.records, read.marks) where mark.kind == .whole {
            #expect(known.contains(record), "a record that was never sent, at \(mark.offset)")
        }
    }

    /// Bytes flipped anywhere in segments and tail: readers neither crash nor hang, and give no record that was not sent.
    @Test(.timeLimit(.minutes(20))) func randomDamageGivesNoWrongRecord() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        let known = Set(try makeJournal(folder.path))
        let names = try SystemDisk().sortedNames(in: "\(folder.path)/filtered").filter { $0 != "lock" }
        for round in 0..<10 {
            let copy = "\(folder.path)/copy"
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(folder.path)/filtered", toPath: "\(copy)/filtered")
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let name = names[Int.random(in: 0..<names.count, using: &random)]
                let file = try SystemDisk().file("\(copy)/filtered/\(name)", O_RDWR)
                let size = try file.size()
                // Headers, trailers and tables are small, so the first and last bytes get their share.
                let near = Int.random(in: 0..<min(400, size), using: &random)
                let at = [near, size - 1 - near, Int.random(in: 0..<size, using: &random)][
                    Int.random(in: 0..<3, using: &random)
                ]
                try [UInt8.random(in: 0...255, using: &random)].withUnsafeBytes { try file.write($0, at: at) }
            }
            do {
                let read = try ReadBack(copy)
                for (record, mark) in zip(read.records, read.marks) where mark.kind == .whole {
                    #expect(known.contains(record), "\(random) round \(round): a record that was never sent")
                }
            } catch let error as JournalError {
                // Damage that no reader can get past is told, with its code.
                #expect(error.code == .corrupt, "\(random) round \(round): \(error)")
            }
        }
    }
}
