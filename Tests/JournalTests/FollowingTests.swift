import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct FollowingTests {
    /// A follower beside a fast writer sees every record once and in order, wherever it stands by then.
    @Test(.timeLimit(.minutes(20))) func aFollowerSeesEveryRecordOnce() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom()
        let writer = try JournalWriter(
            directory: folder.path,
            source: .filtered,
            configuration: .init(segmentByteLimit: 3 << 20)
        )
        let lines = (0..<6_000).map { "{\"n\":\($0),\"x\":\"\(String(repeating: "ab", count: Int($0 % 2_999)))\"}\r\n" }
        let stream = Array(lines.joined().utf8)
        let reader = try RecordReader(
            journal: try Journal(directory: folder.path),
            source: .filtered,
            from: .beginning,
            to: .never
        )
        var seen = ReadBack()
        var position = 0
        while position < stream.count {
            let size = min(stream.count - position, Int.random(in: 1...60_000, using: &random))
            try writer.append(Array(stream[position..<position + size]))
            position += size
            // Sometimes far behind, sometimes close.
            if Int.random(in: 0..<40, using: &random) == 0 { try seen.add(reader) }
        }
        try writer.close()
        try seen.add(reader)
        let expected = lines.map { Array($0.utf8.dropLast(2)) }
        #expect((seen.records == expected) == true, "\(random): \(seen.records.count) of \(expected.count)")
        #expect(seen.kinds.allSatisfy { $0 == .whole }, "\(random)")
        #expect(try ReadBack(folder.path).marks == seen.marks, "\(random)")
    }

    @Test func aBoundedReaderDoesNotSeeWhatComesLater() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append("{\"a\":1}\r\n{\"unfin")
        let reader = try RecordReader(journal: try Journal(directory: folder.path), source: .filtered)
        try writer.append("ished\":2}\r\n{\"b\":3}\r\n")
        var read = ReadBack()
        try read.add(reader)
        #expect(read.records.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\":1}"])
        try writer.close()
    }
}
