import Files
import Glibc
import TestSupport
import Time

@testable import Journal

/// A valid journal of a few KB in memory, and what every reader must find in it.
struct SmallJournal {
    let name: String
    /// By path; the tail is 4 KiB.
    let files: [String: [UInt8]]
    /// Every byte that was appended.
    let bytes: [UInt8]
    /// What an undamaged read gives, its marks by their offset.
    let whole: ReadBack
    let marks: [UInt64: RecordMark]
    let events: Set<JournalEvent>

    static let root = "/journal"
    static let source = SourceName.filtered
    static let geometry = TailGeometry(slotCount: 4, slotSize: 1 << 10)

    static func disk(_ files: [String: [UInt8]], callLimit: Int = .max) -> MemoryDisk {
        MemoryDisk(files, folders: [root, "\(root)/\(source)"], callLimit: callLimit)
    }

    static func folder(on disk: MemoryDisk) -> SourceFolder {
        SourceFolder(journal: root, source: source, disk: disk, geometry: geometry)
    }

    static func journal(on disk: MemoryDisk) throws -> Journal {
        try Journal(directory: root, disk: disk, geometry: geometry)
    }

    /// A writer on a disk; without threads, a drop leaves everything as a kill would.
    static func writer(on disk: MemoryDisk, _ clock: WallClock, startsThreads: Bool = false) throws -> JournalWriter {
        try JournalWriter(
            folder(on: disk),
            catalog: { nil },
            configuration: .init(),
            clock: clock,
            startsThreads: startsThreads
        )
    }

    init(_ name: String, _ build: (inout Builder) throws -> Void) throws {
        var builder = Builder(random: SeededRandom(seed: 7))
        try build(&builder)
        self.name = name
        bytes = builder.bytes
        files = builder.disk.contents.filter { !$0.key.hasSuffix("/lock") }
        whole = try SmallJournal.read(files)
        marks = Dictionary(whole.marks.map { ($0.offset.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        events = Set(whole.events)
    }

    /// Reads the undamaged journal.
    func read(from start: ReadStart) throws -> ReadBack { try SmallJournal.read(files, from: start) }

    private static func read(_ files: [String: [UInt8]], from start: ReadStart = .beginning) throws -> ReadBack {
        var read = ReadBack()
        try read.add(try RecordReader(journal: try journal(on: disk(files)), source: source, from: start))
        return read
    }

    /// Writes a journal step by step; a kill between two steps makes blocks of what the tail holds.
    struct Builder {
        var random: SeededRandom
        private(set) var disk = SmallJournal.disk([:])
        private(set) var bytes: [UInt8] = []
        private let clock = ManualClock.standard()
        private var count = 0

        fileprivate init(random: SeededRandom) { self.random = random }

        /// A part of a line that occurs nowhere else.
        mutating func text() -> String {
            count += 1
            let letters = (0..<Int.random(in: 8...40, using: &random)).map { _ in
                Character(UnicodeScalar(UInt8.random(in: 97...122, using: &random)))
            }
            return "{\"n\":\(count),\"x\":\"\(String(letters))\"}"
        }

        /// What one writer appends: `line`, `part` and `end` of one, `blank`, `two` lines in one delivery; any other word is
        /// an event's kind.
        mutating func write(_ steps: String..., closing: Bool = false) throws {
            // A new disk, so that the lock of the writer before is gone, as it is after a kill.
            disk = SmallJournal.disk(disk.contents)
            let writer = try SmallJournal.writer(on: disk, clock.clock, startsThreads: closing)
            for step in steps {
                clock.advance(by: .microseconds(Int.random(in: 1...900, using: &random)))
                let delivery: String
                switch step {
                case "line": delivery = text() + "\r\n"
                case "part": delivery = text()
                case "end": delivery = "\n"
                case "blank": delivery = "\r\n"
                case "two": delivery = text() + "\n\n" + text() + "\r\n"
                default:
                    try writer.append(event: step, fields: [("n", .integer(Int64(count)))])
                    continue
                }
                bytes += Array(delivery.utf8)
                try writer.append(delivery)
            }
            if closing { try writer.close() }
        }
    }
}

extension SmallJournal {
    /// Journals in every state that a writer or a kill leaves them in.
    static func all() throws -> [SmallJournal] {
        [
            try SmallJournal("two sealed segments") {
                try $0.write("opened", "rules", "line", "two", "blank")
                try $0.write("line", "part", "closed")
                try $0.write("opened", "part", "blank", closing: true)
                try $0.write("line", "end", "line", closing: true)
            },
            try SmallJournal("a sealed segment, an open one, a tail") {
                try $0.write("opened", "line", "two", "part", closing: true)
                try $0.write("end", "line", "line", "line")
                try $0.write("closed", "opened", "part")
                try $0.write("line", "two")
            },
            try SmallJournal("a tail of three slots") {
                try $0.write("opened", "rules")
                for _ in 0..<6 { try $0.write("two", "line", "part") }
                try $0.write(
                    "line",
                    "two",
                    "blank",
                    "two",
                    "two",
                    "line",
                    "part",
                    "closed",
                    "opened",
                    "two",
                    "two",
                    "two",
                    "two",
                    "line",
                    "line",
                    "part"
                )
            },
            try SmallJournal("a tail alone") { try $0.write("opened", "two", "part", "end", "line", "part") },
            try SmallJournal("a line that goes on in the tail") {
                try $0.write("opened", "line", "part", closing: true)
                try $0.write("rules", closing: true)
                try $0.write("part", "end", "two", "part")
            },
            try SmallJournal("lines over segments, blocks of events alone") {
                try $0.write("opened", "line", "part", closing: true)
                try $0.write("part")
                try $0.write("clock")
                try $0.write("part", closing: true)
                try $0.write("part", closing: true)
                try $0.write("end", "part", closing: true)
                try $0.write("closed")
                try $0.write("opened", "rules", closing: true)
                try $0.write("line", "part", "end")
                try $0.write("closed", "opened")
                try $0.write("line", "part")
            },
        ]
    }
}
