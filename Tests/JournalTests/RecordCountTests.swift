import Files
import TestSupport
import Testing
import Time

@testable import Journal

/// Records are counted by the blocks' trailers, and the count is that of reading them all.
@Suite struct RecordCountTests {
    /// The times at which a count may change, and one on each side of them.
    private func times(_ read: ReadBack) -> Set<Timestamp> {
        Set(
            read.marks.flatMap { mark in [-1, 0, 1].map { mark.arrival + .microseconds($0) } } + [
                Timestamp(rawValue: 0)
            ]
        )
    }

    private func count(_ read: ReadBack, since time: Timestamp) -> Int {
        read.marks.count { $0.arrival >= time && ($0.kind == .whole || $0.kind == .tooLong) }
    }

    private func check(_ journal: Journal, _ comment: String) throws {
        var read = ReadBack()
        try read.add(try RecordReader(journal: journal, source: .filtered))
        for time in times(read) {
            let counted = try journal.recordCount(of: .filtered, since: time)
            #expect(counted == count(read, since: time), "\(comment), since \(time.rawValue)")
        }
    }

    @Test func everyStateOfAJournalCountsAsItReads() throws {
        for journal in try SmallJournal.all() {
            try check(SmallJournal.journal(on: SmallJournal.disk(journal.files)), journal.name)
        }
        #expect(
            try SmallJournal.journal(on: SmallJournal.disk([:])).recordCount(of: .filtered, since: .init(rawValue: 0))
                == 0
        )
    }

    /// Lines over several blocks, keep-alives, fragments at the ends of connections, kills and seals, by chance.
    @Test func randomJournalsCountAsTheyRead() throws {
        var random = SeededRandom()
        let steps = ["line", "line", "two", "part", "part", "end", "blank", "closed", "opened", "rules"]
        for round in 0..<25 {
            let journal = try SmallJournal("\(random), round \(round)") { builder in
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    func step() -> String { steps.randomElement(using: &random) ?? "line" }
                    let closes = Int.random(in: 0..<4, using: &random) == 0
                    try builder.write(step(), step(), step(), step(), step(), step(), step(), closing: closes)
                }
            }
            try check(SmallJournal.journal(on: SmallJournal.disk(journal.files)), journal.name)
        }
    }

    @Test func onlyTheBlockThatHoldsTheTimeIsRead() throws {
        let factory = SegmentFactory(
            lineLength: 100,
            linesPerDelivery: 20,
            deliveriesPerBlock: 100,
            blocksPerSegment: 10
        )
        let folder = try TemporaryFolder()
        try factory.make(folder.path, segments: 40)
        let disk = CountingDisk()
        let journal = try Journal(directory: folder.path, disk: disk)
        let all = factory.deliveries(in: 40)
        // In the middle of a block, at the border of two, before all, behind all.
        for delivery in [0, 1_000, 17_050, all - 30, all] {
            let since = factory.arrival(delivery)
            _ = disk.bytesRead()
            #expect(try journal.recordCount(of: .filtered, since: since) == (all - delivery) * 20)
            // All of it is 80 MB, and some 25 MB stored; a trailer takes some 300 bytes, the tail's headers little.
            let bytes = disk.bytesRead()
            #expect(bytes < 1_500_000, "\(bytes) bytes since delivery \(delivery) of \(all)")
        }
    }

    @Test func aRecordWhoseBeginningIsLostCounts() throws {
        // A damaged block in the middle: what follows begins inside a line, which X has billed all the same.
        let factory = SegmentFactory(lineLength: 50, linesPerDelivery: 2, deliveriesPerBlock: 2, blocksPerSegment: 5)
        let folder = try TemporaryFolder()
        try factory.make(folder.path, segments: 1)
        let journal = try Journal(directory: folder.path)
        #expect(try journal.recordCount(of: .filtered, since: Timestamp(rawValue: 0)) == 20)
        let name = journal.folder(of: .filtered).sealed(.first)
        let file = try journal.disk.file(name, 2)
        let table = try #require(try SeekTable.read(from: file))
        let block = table.blocks[3]
        let broken: [UInt8] = [0xFF, 0xFF, 0xFF]
        try broken.withUnsafeBytes { try file.write($0, at: block.start + block.frameSize - 8) }
        var read = ReadBack()
        try read.add(try RecordReader(journal: journal, source: .filtered))
        let since = Timestamp(rawValue: 0)
        #expect(count(read, since: since) == 16)
        #expect(try journal.recordCount(of: .filtered, since: since) == 20, "its trailer still says what was billed")
    }
}
