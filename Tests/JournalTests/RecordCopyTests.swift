import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct RecordCopyTests {
    private func journal(_ folder: TemporaryFolder, long: Int = 0) throws -> Journal {
        let clock = ManualClock.standard()
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        try writer.append("{\"a\":1}\r\n\r\n{\"cut")
        clock.advance(by: .seconds(1))
        try writer.append(event: EventKind.closed, fields: [])
        try writer.append(event: EventKind.opened, fields: [])
        if long > 0 { try writer.append(Array(repeating: 120, count: long) + [10]) }
        try writer.append("{\"b\":2}\n{\"unfinished")
        try writer.close()
        return try Journal(directory: folder.path)
    }

    @Test func wholeRecordsKeepTheirLineEndsAndTheRestIsCounted() throws {
        let folder = try TemporaryFolder()
        let journal = try journal(folder)
        var output: [UInt8] = []
        let copy = try RecordCopy.records(of: journal, source: .filtered) { output += Array($0) }
        #expect(String(decoding: output, as: UTF8.self) == "{\"a\":1}\r\n{\"b\":2}\n")
        #expect(copy.records == 2)
        #expect(copy.keepAlives == 1)
        #expect(copy.fragments == 1)
        #expect(copy.bytes == output.count)
    }

    @Test func timesStandBeforeEachRecord() throws {
        let folder = try TemporaryFolder()
        let journal = try journal(folder)
        var output: [UInt8] = []
        _ = try RecordCopy.records(of: journal, source: .filtered, times: true) { output += Array($0) }
        let lines = output.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.first == "2026-05-28T20:26:40.000000Z\t{\"a\":1}\r")
        #expect(lines.count == 2)
    }

    @Test func everyByteIsCopiedRawAndRangesAreHalfOpen() throws {
        let folder = try TemporaryFolder()
        let journal = try journal(folder)
        var all: [UInt8] = []
        _ = try RecordCopy.bytes(of: journal, source: .filtered) { all += Array($0) }
        #expect(String(decoding: all, as: UTF8.self) == "{\"a\":1}\r\n\r\n{\"cut{\"b\":2}\n{\"unfinished")
        var part: [UInt8] = []
        _ = try RecordCopy.bytes(
            of: journal,
            source: .filtered,
            from: .offset(ByteOffset(rawValue: 2)),
            to: .offset(ByteOffset(rawValue: 5))
        ) { part += Array($0) }
        #expect(part == Array(all[2..<5]))
        var late: [UInt8] = []
        _ = try RecordCopy.bytes(
            of: journal,
            source: .filtered,
            from: .time(Timestamp(microseconds: 1_780_000_001_000_000))
        ) { late += Array($0) }
        // A fragment counts from when it was known to be one.
        #expect(String(decoding: late, as: UTF8.self) == "{\"cut{\"b\":2}\n{\"unfinished")
    }

    @Test func aRecordOverTheLimitIsMarkedAndStillCopiedWhole() throws {
        let folder = try TemporaryFolder()
        let journal = try journal(folder, long: 9 << 20)
        let read = try ReadBack(folder.path)
        #expect(read.kinds == [.whole, .keepAlive, .torn, .tooLong, .whole])
        var bytes = 0
        let copy = try RecordCopy.records(of: journal, source: .filtered) { bytes += $0.count }
        #expect(bytes == 9 + (9 << 20) + 1 + 8)
        #expect(copy.records == 3)
    }
}
