import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

/// Blocks and tail entries whose checksums agree and whose numbers are those of no journal: damage, never a crash.
///
/// REPRISE_TEST_FUZZ says a hundred times how many inputs; REPRISE_TEST_SEED and REPRISE_TEST_FUZZ_INPUT repeat one.
@Suite struct ExtremeBlocksTests {
    private static let folder = "\(SmallJournal.root)/\(SmallJournal.source)"

    /// Two segments of three blocks with a gap behind each, and a tail that goes on from them.
    private struct Parts {
        var blocks: [ExtremeTrailer] = []
        var entry = (sequence: UInt64(7), offset: UInt64(177), arrival: Int64(1_780_000_000_000_000))
        var isOpen = false

        init() {
            for number in UInt64(0)..<3 {
                blocks.append(ExtremeTrailer(ofSmallJournal: number * 59))
                blocks[Int(number)].lastSequence = 2 + 2 * number
                // Time goes on from block to block.
                blocks[Int(number)].nextArrival = 1_779_999_999_000_002 + 10 * Int64(number)
                blocks[Int(number)].arrivals[0].delta += 10 * Int64(number)
                blocks[Int(number)].events[0].delta += 10 * Int64(number)
            }
        }

        var files: [String: [UInt8]] {
            var tail = [UInt8](repeating: 0, count: SmallJournal.geometry.fileSize)
            let line = Array("{\"n\":2}\r\n".utf8)
            let entry = TailEntry(
                kind: .delivery,
                length: line.count,
                sequence: entry.sequence,
                offset: ByteOffset(rawValue: entry.offset),
                arrival: Timestamp(rawValue: entry.arrival)
            )
            tail.withUnsafeMutableBytes { bytes in
                line.withUnsafeBytes { payload in
                    entry.writeHeader(to: .init(rebasing: bytes[..<TailEntry.headerSize]), payload: payload)
                    bytes[TailEntry.headerSize...].copyBytes(from: payload)
                }
            }
            let last = isOpen ? blocks[2].stored() : blocks[2].sealedSegment()
            return [
                "\(folder)/0000000001.zst": ExtremeTrailer.sealedSegment(Array(blocks[..<2])),
                "\(folder)/0000000002.\(isOpen ? "open" : "zst")": last,
                "\(folder)/tail": tail,
            ]
        }

        mutating func distort(_ random: inout SeededRandom) {
            func extreme() -> Int64 { ExtremeNumbers.integers.randomElement(using: &random) ?? 0 }
            isOpen = Bool.random(using: &random)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<8, using: &random) {
                case 0: entry.sequence = UInt64(bitPattern: extreme())
                case 1: entry.offset = UInt64(bitPattern: extreme())
                case 2: entry.arrival = extreme()
                // All of a source's numbers may lie far out, and agree with each other.
                case 3:
                    let shift = UInt64(bitPattern: extreme())
                    for index in blocks.indices { blocks[index].firstOffset &+= shift }
                    entry.offset &+= shift
                default: blocks[Int.random(in: 0..<3, using: &random)].distort(&random)
                }
            }
        }
    }

    @Test func whatIsNotDistortedIsRead() throws {
        var read = ReadBack()
        let disk = SmallJournal.disk(Parts().files)
        try read.add(try RecordReader(journal: try SmallJournal.journal(on: disk), source: SmallJournal.source))
        #expect(read.marks.map(\.offset.rawValue) == [0, 59, 118, 177])
        // What stands unfinished before a tail behind a gap is not known.
        #expect(read.kinds == [.whole, .whole, .whole, .torn])
        #expect(read.events.map(\.missingBytes) == [50, 50, 50])
    }

    @Test func extremeNumbersMakeNoReaderCrashHangOrAllocate() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = SeededRandom().seed
        let inHand = InputInHand(seed: seed, threads: 1)
        inHand.nameOnCrash()
        var reader = EveryReader(original: try SmallJournal("none") { _ in })
        reader.isForged = true
        let count = environment["REPRISE_TEST_FUZZ"].flatMap(Int.init).map { max(1, $0 / 100) } ?? 300
        let inputs = environment["REPRISE_TEST_FUZZ_INPUT"].flatMap(Int.init).map { $0..<$0 + 1 } ?? 0..<count
        for number in inputs {
            inHand.begin(number, thread: 0)
            var random = SeededRandom(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
            var parts = Parts()
            parts.distort(&random)
            let place = UInt64(bitPattern: ExtremeNumbers.integers.randomElement(using: &random) ?? 0)
            let end = UInt64(bitPattern: ExtremeNumbers.integers.randomElement(using: &random) ?? 0)
            let time = Timestamp(rawValue: ExtremeNumbers.integers.randomElement(using: &random) ?? 0)
            do {
                try reader.readAll(parts.files)
                try reader.readPieces(parts.files)
                try reader.readParts(parts.files, from: place, until: end, at: time)
                try reader.repair(parts.files)
                try record(on: parts.files, reader)
            } catch {
                Issue.record("REPRISE_TEST_SEED=\(seed) REPRISE_TEST_FUZZ_INPUT=\(number): \(error)")
            }
        }
    }

    /// A recorder that believes the numbers must write what readers believe.
    private func record(on files: [String: [UInt8]], _ reader: EveryReader) throws {
        let disk = reader.disk(files)
        let clock = WallClock { Timestamp(microseconds: 1_790_000_000_000_000) }
        try reader.onlyJournalErrors {
            let start: ByteOffset
            do {
                let writer = try SmallJournal.writer(on: disk, clock)
                start = writer.endOffset
                try writer.append("{\"n\":3}\r\n")
            }
            let end = try SmallJournal.journal(on: disk).endOffset(of: SmallJournal.source)
            guard end == start + 9 else {
                throw EveryReader.Wrong(description: "a recorder went on at \(start), and readers end at \(end)")
            }
        }
        try reader.checkUse(disk)
    }
}
