import Files
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Journal

/// A journal of several sealed segments, an open one and a tail, with its catalog, that a seed makes; and what it holds.
struct RescueJournal {
    static let geometry = TailGeometry(slotCount: 4, slotSize: 2_048)
    let state: DiskState
    /// Every byte that was appended.
    let bytes: [UInt8]
    /// Whole records by offset.
    let records: [UInt64: [UInt8]]
    let clock: ManualClock

    static let folder = "/journal/filtered"
    static let tail = "\(folder)/tail"

    init(_ random: inout SeededRandom) throws {
        let disk = SimulatedDisk(DiskState(), random)
        let clock = ManualClock.standard()
        var bytes: [UInt8] = []
        var number = 0
        for round in 0..<Int.random(in: 2...4, using: &random) {
            disk.forgetLocks()
            let writer = try RescueJournal.open(
                disk,
                clock,
                segmentByteLimit: Int.random(in: 1_500...6_000, using: &random)
            )
            let builder = try writer.blocks.makeBuilder()
            writer.monitor.insteadOfWaiting = { RescueJournal.work(writer, builder) }
            try writer.append(event: EventKind.opened, fields: [("round", .integer(Int64(round)))])
            for _ in 0..<Int.random(in: 5...60, using: &random) {
                number += 1
                clock.advance(by: .microseconds(Int.random(in: 1...900_000, using: &random)))
                let pad = String(repeating: "ab \(number) ", count: Int.random(in: 1...30, using: &random))
                let line = Array("{\"n\":\(number),\"pad\":\"\(pad)\"}\r\n".utf8)
                let cut =
                    Int.random(in: 0..<6, using: &random) == 0 ? Int.random(in: 0..<line.count, using: &random) : 0
                for piece in [line[..<cut], line[cut...]] where !piece.isEmpty { try writer.append(Array(piece)) }
                bytes += line
                if Int.random(in: 0..<12, using: &random) == 0 {
                    try writer.append(event: EventKind.rules, fields: [("number", .integer(Int64(number)))])
                }
                if Bool.random(using: &random) { RescueJournal.work(writer, builder) }
            }
            // The last is killed.
            if Int.random(in: 0..<4, using: &random) > 0 {
                _ = writer.beginClosing()
                RescueJournal.work(writer, builder)
                try writer.endClosing()
            }
            writer.catalogNotes.performAll()
        }
        disk.noteDatabases()
        disk.state.settle()
        state = disk.state
        self.bytes = bytes
        self.clock = clock
        records = try RescueJournal.records(on: disk).records
    }

    private static func work(_ writer: JournalWriter, _ builder: BlockBuilder) {
        do {
            while let (work, ticket) = writer.monitor.withLock({ $0.takeWork() }) {
                try writer.blocks.perform(work, ticket, builder)
            }
            let unsynced = writer.monitor.withLock { $0.unsynced }
            if !unsynced.isEmpty { try writer.blockSyncs.perform(unsynced) }
        } catch { writer.monitor.withLock { $0.fail(JournalError(error, ending: "working")) } }
    }

    static func open(_ disk: SimulatedDisk, _ clock: ManualClock, segmentByteLimit: Int) throws -> JournalWriter {
        let hasCatalog = disk.state.names.count < 3 || !disk.state.databases.isEmpty
        return try JournalWriter(
            SourceFolder(journal: "/journal", source: .filtered, disk: disk, geometry: geometry),
            catalog: { hasCatalog ? try Catalog(journal: "/journal", disk: disk) : nil },
            configuration: .init(segmentByteLimit: segmentByteLimit),
            clock: clock.clock,
            startsThreads: false
        )
    }

    static func journal(on disk: SimulatedDisk) throws -> Journal {
        try Journal(directory: "/journal", disk: disk, geometry: geometry)
    }

    /// Every whole record that a reader gives, by offset, and what it says is missing.
    static func records(on disk: SimulatedDisk) throws -> (records: [UInt64: [UInt8]], unread: UnreadBytes) {
        var records: [UInt64: [UInt8]] = [:]
        let reader = try RecordReader(journal: journal(on: disk), source: .filtered)
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.kind == .whole {
                records[mark.offset.rawValue] = Array(batch.line(mark))
            }
        }
        return (records, reader.unread)
    }

    /// Which bytes whole blocks hold, in whatever file of the source's folder, and whole entries of the tail.
    static func held(on disk: SimulatedDisk, count: Int) throws -> [Bool] {
        var held = [Bool](repeating: false, count: count)
        func hold(_ first: ByteOffset, _ length: Int) {
            for index in Int(first.rawValue)..<Int(first.rawValue) + length where index < count { held[index] = true }
        }
        for name in try disk.sortedNames(in: folder) where name.first == "0" && !name.hasSuffix(".repair") {
            let walk = try SegmentWalk(disk.file("\(folder)/\(name)"))
            while let item = try walk.next() {
                if case .block(_, let trailer) = item { hold(trailer.firstOffset, trailer.length) }
            }
        }
        let source = SourceFolder(journal: "/journal", source: .filtered, disk: disk, geometry: geometry)
        for entry in try TailCheck.allEntries(source).map(\.entry) where entry.kind == .delivery {
            hold(entry.offset, entry.length)
        }
        return held
    }
}

/// One to three things that happen to a journal's files while nobody writes it.
struct RandomDamage {
    private(set) var state: DiskState
    private(set) var what: [String] = []
    /// Whether a segment is gone as a whole: what it held may be known to nobody.
    private(set) var isAFileGone = false

    init(_ original: DiskState, _ random: inout SeededRandom) {
        state = original
        for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&random) }
        if Int.random(in: 0..<3, using: &random) == 0 { damageCatalog(&random) }
        state.settle()
    }

    private mutating func damageCatalog(_ random: inout SeededRandom) {
        for (path, contents) in state.databases {
            guard var database = contents.last, var main = database.main, !main.isEmpty else { continue }
            what.append("catalog")
            let at = Int.random(in: 0..<main.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: main.removeSubrange(at...)
            case 1: main[at] ^= 1 << UInt8(at % 8)
            case 2: for index in at..<min(main.count, at + 5_000) { main[index] = 0 }
            // Its log alone is gone.
            default: database.log = nil
            }
            database.main = main
            state.databases[path] = [database]
        }
    }

    private var segments: [String] {
        state.names.filter { $0.value >= 0 && ($0.key.hasSuffix(".zst") || $0.key.hasSuffix(".open")) }.map(\.key)
            .sorted()
    }

    private mutating func damage(_ random: inout SeededRandom) {
        let all = segments
        guard let one = all.randomElement(using: &random), let other = all.randomElement(using: &random) else { return }
        let path =
            Int.random(in: 0..<3, using: &random) == 0 && state.names[RescueJournal.tail] != nil
            ? RescueJournal.tail : one
        let kind = Int.random(in: 0..<10, using: &random)
        what.append("\(kind) \(path.split(separator: "/").last ?? "") \(other.split(separator: "/").last ?? "")")
        switch kind {
        case 0, 1, 2: change(path, &random) { content, at, _ in content[at] ^= 1 << UInt8(at % 8) }
        case 3:
            change(path, &random) { content, at, length in
                for index in at..<min(content.count, at + length) { content[index] = 0 }
            }
        case 4: change(path, &random) { content, at, _ in content.removeSubrange(at...) }
        case 5:
            change(path, &random) { content, at, length in
                content.insert(contentsOf: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }, at: at)
            }
        case 6 where one != other:
            (state.names[one], state.names[other]) = (state.names[other], state.names[one])
        case 7 where one != other:
            // Over another, or behind the newest.
            let isNew = Bool.random(using: &random)
            put(content(of: one), isNew ? behindNewest(".zst") : other)
        case 8:
            state.names[path] = nil
            isAFileGone = true
        case 9:
            let text = Array("This is no file of a journal.\n".utf8)
            put(text, [behindNewest(".zst"), behindNewest(".open"), path].randomElement(using: &random) ?? path)
        default: break
        }
    }

    private func behindNewest(_ suffix: String) -> String {
        let newest = segments.compactMap { Int($0.split(separator: "/").last?.prefix(10) ?? "") }.max() ?? 0
        return "\(RescueJournal.folder)/\(SegmentID(rawValue: Int64(newest) + 1).digits)\(suffix)"
    }

    private func content(of path: String) -> [UInt8] { state.names[path].map { state.files[$0].content } ?? [] }

    private mutating func put(_ content: [UInt8], _ path: String) {
        let file = state.create(path)
        state.names[path] = file
        state.files[file].content = content
    }

    private mutating func change(
        _ path: String,
        _ random: inout SeededRandom,
        _ body: (inout [UInt8], _ at: Int, _ length: Int) -> Void
    ) {
        var content = content(of: path)
        guard let used = content.lastIndex(where: { $0 != 0 }) else { return }
        let at = Int.random(in: 0...used, using: &random)
        body(&content, at, Int.random(in: 1...700, using: &random))
        put(content, path)
    }
}
