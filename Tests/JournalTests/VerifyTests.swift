import Files
import Foundation
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Journal

/// A small journal in memory, and what is known of it, for tests that damage it in every way.
struct TwoSegments {
    let disk: SimulatedDisk
    let geometry = TailGeometry(slotCount: 4, slotSize: 1_024)
    let bytes: [UInt8]
    static let first = "/journal/filtered/0000000001.zst"
    static let second = "/journal/filtered/0000000002.zst"

    /// Two sealed segments of several blocks with events, and a few entries in the tail.
    init(deliveries: Int = 40, segmentByteLimit: Int = 1_500) throws {
        disk = SimulatedDisk(DiskState(), SeededRandom(seed: 5))
        let clock = ManualClock.standard()
        let writer = try Schedule.open(disk, geometry, .init(segmentByteLimit: segmentByteLimit), clock)
        let builder = try writer.blocks.makeBuilder()
        func work() {
            while let (work, ticket) = writer.monitor.withLock({ $0.takeWork() }) {
                do { try writer.blocks.perform(work, ticket, builder) } catch { Issue.record(error) }
            }
            let unsynced = writer.monitor.withLock { $0.unsynced }
            do { try writer.blockSyncs.perform(unsynced) } catch { Issue.record(error) }
        }
        writer.monitor.insteadOfWaiting = work
        var bytes: [UInt8] = []
        try writer.append(event: EventKind.opened, fields: [("status", .integer(200))])
        for number in 0..<deliveries {
            clock.advance(by: .milliseconds(number))
            let line = Array(
                "{\"id\":\"\(number)\",\"text\":\"\(String(repeating: "aeiou \(number)", count: 11))\"}\r\n".utf8
            )
            try writer.append(line)
            if number > deliveries - 6 { bytes += line; continue }
            bytes += line
            if number % 5 == 3 {
                try writer.append(event: EventKind.rules, fields: [("number", .integer(Int64(number)))])
            }
            work()
        }
        self.bytes = bytes
        disk.forgetLocks()
    }

    var journal: Journal {
        get throws { try Journal(directory: Schedule.journal, disk: disk, geometry: geometry) }
    }

    /// The same journal on a disk of its own, damaged.
    func damaged(_ damage: (inout DiskState) -> Void) throws -> Journal {
        var state = disk.state
        damage(&state)
        let copy = SimulatedDisk(state, SeededRandom(seed: 6))
        return try Journal(directory: Schedule.journal, disk: copy, geometry: geometry)
    }

    /// Every byte that a journal gives, with its offset; and every record.
    static func contents(_ journal: Journal) throws -> (bytes: [UInt64: UInt8], records: [UInt64: [UInt8]]) {
        var bytes: [UInt64: UInt8] = [:]
        var records: [UInt64: [UInt8]] = [:]
        let reader = try RecordReader(journal: journal, source: .filtered)
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.kind == .whole {
                let line = Array(batch.line(mark))
                records[mark.offset.rawValue] = line
                for (index, byte) in line.enumerated() { bytes[mark.offset.rawValue + UInt64(index)] = byte }
            }
        }
        return (bytes, records)
    }
}

extension DiskState {
    mutating func change(_ path: String, _ body: (inout [UInt8]) -> Void) {
        guard let index = names[path], index >= 0 else { return }
        body(&files[index].content)
        files[index].durable = files[index].content
        files[index].pending = []
    }
}

@Suite struct VerifyTests {
    /// REPRISE_TEST_BITS=all looks at every bit; else at one of so many.
    private var stride: Int { ProcessInfo.processInfo.environment["REPRISE_TEST_BITS"] == "all" ? 1 : 97 }

    @Test func aJournalThatIsWholeHasNoFindings() throws {
        let small = try TwoSegments()
        let result = try JournalVerification(of: small.journal, jobs: 2)
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.segments >= 2 && result.blocks > 6 && result.records > 20)
        #expect(try TwoSegments.contents(small.journal).records.count == 40)
    }

    @Test func everyFlippedBitOfASealedSegmentIsReportedAndRepaired() throws {
        let small = try TwoSegments()
        let whole = try TwoSegments.contents(small.journal)
        let check = try SegmentCheck(small.journal.folder(of: .filtered), .first, isSealed: true, buffer: nil)
        let size = small.disk.state.files[small.disk.state.names[TwoSegments.first] ?? 0].content.count
        var lost = 0
        for bit in Swift.stride(from: 0, to: size * 8, by: stride) {
            let journal = try small.damaged { $0.change(TwoSegments.first) { $0[bit / 8] ^= 1 << (bit % 8) } }
            let block = check.kept.first { $0.location.start <= bit / 8 && $0.location.end > bit / 8 }
            lost += try expectFound(journal, whole, damaged: block.map { [$0] } ?? [], "bit \(bit)")
        }
        #expect(lost > 0)
    }

    /// Without a segment behind it, only the seek table and the tail tell how far the damaged one had come.
    @Test func damageInTheNewestSealedSegmentIsReportedAndRepaired() throws {
        let small = try TwoSegments(segmentByteLimit: 3_600)
        let whole = try TwoSegments.contents(small.journal)
        let folder = try small.journal.folder(of: .filtered)
        #expect(try SegmentList(folder).newest == .first)
        let check = try SegmentCheck(folder, .first, isSealed: true, buffer: nil)
        let size = small.disk.state.files[small.disk.state.names[TwoSegments.first] ?? 0].content.count
        for bit in Swift.stride(from: 0, to: size * 8, by: stride) {
            let journal = try small.damaged { $0.change(TwoSegments.first) { $0[bit / 8] ^= 1 << (bit % 8) } }
            let block = check.kept.first { $0.location.start <= bit / 8 && $0.location.end > bit / 8 }
            _ = try expectFound(journal, whole, damaged: block.map { [$0] } ?? [], "bit \(bit)")
        }
        for length in Swift.stride(from: 0, to: size, by: (stride + 7) / 8) {
            let journal = try small.damaged { $0.change(TwoSegments.first) { $0.removeSubrange(length...) } }
            let gone = check.kept.filter { $0.location.end > length }
            _ = try expectFound(journal, whole, damaged: gone, "cut at \(length)")
        }
    }

    @Test func everyCutOfASealedSegmentIsReportedAndRepaired() throws {
        let small = try TwoSegments()
        let whole = try TwoSegments.contents(small.journal)
        let check = try SegmentCheck(small.journal.folder(of: .filtered), .first, isSealed: true, buffer: nil)
        let size = small.disk.state.files[small.disk.state.names[TwoSegments.first] ?? 0].content.count
        for length in Swift.stride(from: 0, to: size, by: (stride + 7) / 8) {
            let journal = try small.damaged { $0.change(TwoSegments.first) { $0.removeSubrange(length...) } }
            let gone = check.kept.filter { $0.location.end > length }
            _ = try expectFound(journal, whole, damaged: gone, "cut at \(length)")
        }
    }

    @Test func aFlippedBitOfTheTailIsReportedWhereLaterEntriesProveIt() throws {
        let small = try TwoSegments()
        let whole = try TwoSegments.contents(small.journal)
        let folder = try small.journal.folder(of: .filtered)
        var source = SourceCheck(folder, catalog: nil)
        for (id, isSealed) in try SegmentList(folder).all {
            try source.add(
                SegmentCheck(folder, id, isSealed: isSealed ?? false, buffer: nil),
                isNewest: isSealed == false
            )
        }
        let tail = try TailCheck(folder.disk.file(folder.tail), small.geometry, behind: source.state)
        try #require(tail.following.count >= 3)
        for entry in tail.following {
            for bit in Swift.stride(from: 0, to: entry.entry.storedSize * 8, by: stride) {
                let journal = try small.damaged {
                    $0.change("/journal/filtered/tail") { $0[entry.position + bit / 8] ^= 1 << (bit % 8) }
                }
                let read = try TwoSegments.contents(journal)
                #expect(read.records.allSatisfy { whole.records[$0.key] == $0.value }, "bit \(bit)")
                // What stands behind it is read, but for the line that may have begun in it.
                #expect(read.records.count >= whole.records.count - 2, "bit \(bit)")
                let isLast = entry.entry == tail.following.last?.entry
                let codes = try JournalVerification(of: journal).findings.map(\.code)
                #expect(codes == (isLast ? [] : [.tailDamaged]), "entry \(entry.entry.sequence), bit \(bit): \(codes)")
                try expectRescued(journal, whole, without: entry.entry)
            }
        }
    }

    private func expectRescued(
        _ journal: Journal,
        _ whole: (bytes: [UInt64: UInt8], records: [UInt64: [UInt8]]),
        without entry: TailEntry
    ) throws {
        _ = try JournalRepair(of: journal, source: .filtered)
        #expect(try JournalVerification(of: journal).findings.isEmpty)
        let read = try TwoSegments.contents(journal)
        #expect(read.records.allSatisfy { whole.records[$0.key] == $0.value })
        // The first line behind a gap may have begun in it, so it is not believed.
        #expect(read.records.count >= whole.records.count - 2, "\(entry)")
    }

    /// Returns how many records are gone.
    private func expectFound(
        _ journal: Journal,
        _ whole: (bytes: [UInt64: UInt8], records: [UInt64: [UInt8]]),
        damaged: [SegmentCheck.Kept],
        _ what: String
    ) throws -> Int {
        #expect(!(try JournalVerification(of: journal).findings.isEmpty), "\(what) was not reported")
        let read = try TwoSegments.contents(journal)
        #expect(read.records.allSatisfy { whole.records[$0.key] == $0.value }, "\(what): a reader gave a wrong byte")
        let planned = try JournalRepair(of: journal, source: .filtered, dryRun: true).steps
        let steps = try JournalRepair(of: journal, source: .filtered).steps
        #expect(steps.map(\.file) == planned.map(\.file) && (1...3).contains(steps.count), "\(what): \(steps)")
        #expect(steps.map(\.gaps) == planned.map(\.gaps) && steps.map(\.bytes) == planned.map(\.bytes), "\(what)")
        let left = try JournalVerification(of: journal).findings
        #expect(left.isEmpty, "\(what): after the repair: \(left)")
        let kept = try TwoSegments.contents(journal).records
        #expect(kept.allSatisfy { whole.records[$0.key] == $0.value }, "\(what): the repair changed a record")
        let gone = damaged.reduce(0) { $0 + $1.trailer.recordCount }
        // A record that a lost block holds a part of is lost too.
        #expect(kept.count >= whole.records.count - gone - 1 && kept.count >= read.records.count, "\(what)")
        #expect(try JournalRepair(of: journal, source: .filtered).steps.isEmpty, "\(what): repaired twice")
        return whole.records.count - kept.count
    }
}
