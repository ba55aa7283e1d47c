import Files
import TestSupport
import Testing

@testable import Journal

/// What the fuzzer has found once, each in the smallest form.
@Suite struct DamageFoundTests {
    private let folder = "\(SmallJournal.root)/\(SmallJournal.source)"
    private var first: String { folder + "/0000000001.zst" }

    private func read(_ files: [String: [UInt8]], from start: ReadStart = .beginning) throws -> ReadBack {
        var read = ReadBack()
        let journal = try SmallJournal.journal(on: SmallJournal.disk(files))
        try read.add(try RecordReader(journal: journal, source: SmallJournal.source, from: start))
        return read
    }

    private func blocks(_ file: [UInt8]) throws -> [BlockLocation] {
        let handle = try MemoryDisk(["f": file]).file("f")
        var found: [BlockLocation] = []
        while let location = try BlockLocation.find(in: handle, at: found.last?.end ?? 0) { found.append(location) }
        return found
    }

    /// Three segments without an event between them, so that the line's beginning is two segments back.
    @Test func aLineOverManySegmentsIsWholeFromTheTimeItEnds() throws {
        let journal = try SmallJournal("long") {
            try $0.write("opened", "line", "part", closing: true)
            for _ in 0..<3 { try $0.write("part", closing: true) }
            try $0.write("end", "line")
        }
        let last = journal.whole.marks[1]
        #expect(last.kind == .whole && last.length > 100)
        #expect(try read(journal.files, from: .time(last.arrival)).marks == Array(journal.whole.marks[1...]))
    }

    /// Every block is whole and the next segment begins where they end: nothing is missing.
    @Test func aBrokenSeekTableAloneIsNoGap() throws {
        let journal = try SmallJournal("table") {
            try $0.write("opened", "part", closing: true)
            try $0.write("part", "end", "line")
        }
        let read = try readWithALateTail(journal) { $0.removeLast() }
        #expect(read.kinds == journal.whole.kinds)
        #expect(read.events.map(\.kind) == ["opened"])
    }

    /// The gap that a damaged block makes ends the line, so the rest that comes later is no line of its own.
    @Test func theRestOfALineBehindAGapIsAFragment() throws {
        let journal = try SmallJournal("rest") {
            try $0.write("opened", "part", closing: true)
            try $0.write("part", closing: true)
            try $0.write("end", "line")
        }
        let last = try #require(try blocks(journal.files[first] ?? []).last)
        let read = try readWithALateTail(journal) { $0[last.end - 1] ^= 1 }
        #expect(read.kinds == [.torn, .whole])
        #expect(read.events.map(\.kind).contains("gap"))
    }

    /// What a follower reads of a journal whose first segment was damaged and whose tail comes when it has come to rest.
    private func readWithALateTail(_ journal: SmallJournal, _ damage: (inout [UInt8]) -> Void) throws -> ReadBack {
        var files = journal.files
        damage(&files[first, default: []])
        let tail = try #require(files[folder + "/tail"])
        files[folder + "/tail"] = []
        let disk = SmallJournal.disk(files)
        let follower = try RecordReader(
            journal: try SmallJournal.journal(on: disk),
            source: SmallJournal.source,
            to: .never
        )
        var read = ReadBack()
        try read.add(follower)
        try tail.withUnsafeBytes { try disk.file(folder + "/tail").write($0, at: 0) }
        try read.add(follower)
        return read
    }

    /// What was read from the tail stands in a block, too; a gap between the two does not make it new.
    @Test func whatTheTailGaveIsNotGivenAgainBehindAGap() throws {
        let journal = try SmallJournal("twice") {
            try $0.write("opened", "line", closing: true)
            try $0.write("line", "line", closing: true)
        }
        var files = journal.files
        files[first]?.removeLast()
        let tail = folder + "/tail"
        let entry = try #require(files[tail]?.withUnsafeBytes { TailEntry.parse($0) })
        files[tail]?[entry.storedSize] ^= 1
        let read = try read(files)
        #expect(read.marks == journal.whole.marks)
    }

    /// No byte is missing with a block of events alone, but the end of a connection is.
    @Test func aDamagedBlockOfEventsJoinsNoLines() throws {
        let journal = try SmallJournal("joined") {
            try $0.write("opened", "part")
            try $0.write("closed", "opened")
            try $0.write("line", closing: true)
            try $0.write("line", closing: true)
        }
        #expect(journal.whole.kinds == [.torn, .whole, .whole])
        var files = journal.files
        let blocks = try blocks(files[first] ?? [])
        try #require(blocks.count == 4 && blocks[2].contentSize == 0)
        files[first]?[blocks[2].end - 1] ^= 1
        let read = try read(files)
        #expect(read.marks.map(\.offset) == [.zero] + journal.whole.marks[1...].map(\.offset))
        #expect(read.kinds == [.torn, .torn, .whole] || read.kinds == [.torn, .whole, .whole])
        #expect(read.events.map(\.kind).contains("gap"))
    }

    /// Where reading begins is found by the trailers of first blocks; a wrong number in one hides no record.
    @Test func aDamagedFirstBlockHidesNoSegment() throws {
        let journal = try SmallJournal("hidden") {
            for _ in 0..<4 { try $0.write("line", "line", "line", closing: true) }
        }
        let third = first.replacing("0001", with: "0003")
        let firstOffset = try #require(try blocks(journal.files[third] ?? []).first?.frameSize) + 18 + 8
        for byte in 0..<8 {
            for bit in 0..<8 {
                var files = journal.files
                files[third]?[firstOffset + byte] ^= 1 << bit
                for mark in journal.whole.marks {
                    let rest = try read(files, from: .offset(mark.offset)).marks
                    #expect(rest == journal.whole.marks.filter { $0.offset >= mark.offset }, "byte \(byte) bit \(bit)")
                }
            }
        }
    }
}
