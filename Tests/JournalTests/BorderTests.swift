import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct BorderTests {
    /// A record that never ends is cut into segments once it is longer than 32 MiB, and is still one record.
    @Test(.timeLimit(.minutes(20))) func aSegmentMayEndInsideARecordOnlyWhereItIsVeryLong() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(
            directory: folder.path,
            source: .filtered,
            configuration: .init(segmentByteLimit: 1 << 20)
        )
        let piece = Array(repeating: UInt8(120), count: 256 << 10)
        try writer.append("{\"a\":1}\n")
        for _ in 0..<150 { try writer.append(piece) }
        try writer.append("\n{\"b\":2}\n")
        try writer.close()
        let read = try ReadBack(folder.path)
        #expect(read.kinds == [.whole, .tooLong, .whole])
        #expect(read.marks[1].endOffset - read.marks[1].offset == 150 * piece.count + 1)
        #expect(try Journal(directory: folder.path).summary(of: .filtered).sealedSegments > 1)
        #expect(try Journal(directory: folder.path).summary(of: .filtered).records == 3)
    }

    @Test func segmentsEndBehindALineFeedOrAConnection() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(
            directory: folder.path,
            source: .filtered,
            configuration: .init(segmentByteLimit: 10_000)
        )
        var random = SeededRandom()
        for number in 0..<400 {
            try writer.append("\"\(number)\(String(repeating: "x", count: Int.random(in: 0...900, using: &random)))")
            try writer.append(number % 50 == 49 ? "torn" : "\"\r\n")
            if number % 50 == 49 { try writer.append(event: EventKind.closed, fields: []) }
        }
        try writer.close()
        var id = SegmentID.first
        let source = SourceFolder(journal: folder.path, source: .filtered)
        var count = 0
        while SystemDisk().exists(source.sealed(id)) {
            let found = try RecoveredSegment.walk(source, id, isSealed: true)
            #expect(found.endsCleanly)
            #expect(found.state.line.unfinished == 0, "\(random): segment \(id.digits) ends inside a line")
            count += 1
            id = id.next
        }
        #expect(count > 10)
    }

    @Test func readingChangesNothing() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(
            directory: folder.path,
            source: .filtered,
            configuration: .init(segmentByteLimit: 2_000)
        )
        for number in 0..<200 { try writer.append("{\"n\":\(number)}\n") }
        try writer.sync()
        func state() throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().map { name in
                let facts = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
                return "\(name) \(facts[.size] ?? "") \(facts[.modificationDate] ?? "")"
            }
        }
        // The block threads may still be at work.
        usleep(300_000)
        let before = try state()
        #expect(try ReadBack(folder.path).records.count == 200)
        #expect(try Journal(directory: folder.path).summary(of: .filtered).records == 200)
        #expect(try state() == before)
        try writer.close()
    }

    @Test func sealedSegmentsAloneAreAJournalToo() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append("{\"a\":1}\n")
        try writer.close()
        for name in ["catalog.sqlite", "filtered/tail", "filtered/lock"] {
            try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
        }
        #expect(try Journal(directory: folder.path).sources() == [.filtered])
        #expect(try ReadBack(folder.path).records.count == 1)
    }
}
