import SQLite
import TestSupport
import Testing
import Time

@testable import Journal

/// Places, counts and numbers of segments that no journal has.
@Suite struct ExtremeNumbersTests {
    @Test func offsetsStopAtTheirEnds() {
        let last = ByteOffset(rawValue: .max)
        #expect(last + 1 == last && ByteOffset.zero + -1 == .zero && ByteOffset(rawValue: 5) + 2 == .init(rawValue: 7))
        #expect(
            ByteOffset.zero - last == 0 && last - .zero == Int.max && ByteOffset(rawValue: 7) - .init(rawValue: 5) == 2
        )
        #expect(ByteOffset(stored: .min) == .zero && ByteOffset(stored: .max) == .limit && last.stored == .max)
        #expect(SegmentID(rawValue: .max).next.rawValue == .max && SegmentID(rawValue: .min).previous == .first)
    }

    @Test(arguments: [
        "filtered:18446744073709551615", "filtered:18446744073709551616", "filtered:9223372036854775808",
        "filtered:2305843009213693953", "filtered:-1", "filtered:", "filtered:1e3",
    ])
    func noSuchPlaceIsRead(_ text: String) {
        #expect(JournalPosition(text) == nil)
    }

    @Test func theFurthestPlaceIsRead() {
        #expect(JournalPosition("filtered:2305843009213693952")?.offset == .limit)
    }

    /// A file that only looks like a segment must not make verify look for all those before it.
    @Test(arguments: ["9223372036854775807.zst", "9999999999.open", "0000200003.zst"])
    func aStrangeFilesNumberIsNotBelieved(_ name: String) throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: ManualClock.standard().clock)
        try writer.append("{}\r\n")
        try writer.close()
        try copyFile("\(folder.path)/filtered/0000000001.zst", over: "\(folder.path)/filtered/\(name)")
        let journal = try Journal(directory: folder.path)
        #expect(try JournalVerification(of: journal).segments == 1)
        #expect(try JournalRepair(of: journal, source: .filtered).steps.isEmpty)
        #expect(try allBytes(folder.path) == Array("{}\r\n".utf8))
    }

    /// Behind such a place a recorder would write what no reader believes.
    @Test func aRecorderDoesNotGoOnWhereNobodyGets() throws {
        var trailer = ExtremeTrailer(ofSmallJournal: 0)
        trailer.firstOffset = ByteOffset.limit.rawValue - 100
        let disk = SmallJournal.disk(["\(SmallJournal.root)/filtered/0000000001.zst": trailer.sealedSegment()])
        let error = #expect(throws: JournalError.self) {
            try SmallJournal.writer(on: disk, ManualClock.standard().clock)
        }
        #expect(error?.code == .corrupt)
    }
}
