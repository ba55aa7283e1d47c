import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

/// What is asked of a journal costs with the logarithm of its segments; `FullSizeTests` puts times to it.
@Suite struct ScaleTests {
    /// Calls into the disk that a body makes, and what it returns.
    private func counting<Result>(_ disk: CountingDisk, _ body: () throws -> Result) rethrows -> (Result, Int) {
        _ = disk.calls()
        let result = try body()
        return (result, disk.calls())
    }

    private func open(_ path: String, _ disk: CountingDisk, _ clock: WallClock) throws -> JournalWriter {
        try JournalWriter(
            SourceFolder(journal: path, source: .filtered, disk: disk),
            catalog: { try Catalog(journal: path, disk: disk) },
            configuration: .init(),
            clock: clock,
            startsThreads: true
        )
    }

    @Test func aThousandSegmentsCostALogarithmMoreThanTwenty() throws {
        var random = SeededRandom()
        let factory = SegmentFactory.tiny
        var costs: [String: [Int]] = [:]
        for segments in [20, 1_000] {
            let folder = try TemporaryFolder()
            try factory.make(folder.path, segments: segments)
            let disk = CountingDisk()
            let journal = try Journal(directory: folder.path, disk: disk)
            let (end, endCalls) = try counting(disk) { try journal.endOffset(of: .filtered) }
            #expect(end == ByteOffset(rawValue: UInt64(segments * 16)))
            costs["end", default: []].append(endCalls)

            var worst = 0
            for _ in 0..<20 {
                let wanted = Int.random(in: 0..<segments, using: &random)
                // Up to the arrival of one before it, and not later.
                let time = factory.arrival(wanted) - .microseconds(Int64.random(in: 0...999_990, using: &random))
                let (offset, calls) = try counting(disk) { try journal.offset(of: time, in: .filtered) }
                #expect(offset == ByteOffset(rawValue: UInt64(wanted * 16)), "\(random) \(wanted) of \(segments)")
                worst = max(worst, calls)
                let (mark, more) = try counting(disk) {
                    try RecordReader(journal: journal, source: .filtered, from: .offset(offset)).nextBatch()?.records
                        .first
                }
                #expect(mark?.offset == offset && mark?.arrival == factory.arrival(wanted), "\(random)")
                worst = max(worst, more)
            }
            costs["seek", default: []].append(worst)

            let clock = ManualClock(factory.arrival(segments + 1))
            let (writer, calls) = try counting(disk) { try open(folder.path, disk, clock.clock) }
            costs["write", default: []].append(calls)
            #expect(writer.endOffset == end)
            try writer.append("one more line..\n")
            try writer.close()
            let summary = try journal.summary(of: .filtered)
            #expect(summary.records == segments + 1 && summary.sealedSegments == segments + 1)
        }
        for (what, counts) in costs.sorted(by: { $0.key < $1.key }) {
            // From 20 to 1,000 the number doubles less than six times; each costs a look at a few names and an opening block.
            #expect(counts[1] - counts[0] <= 6 * 30, "\(what): \(counts) calls, \(random)")
        }
    }

    @Test func aPlaceInASegmentOfManyBlocksIsFoundByItsSeekTable() throws {
        var random = SeededRandom()
        var costs: [Int: Int] = [:]
        for blocks in [4, 500] {
            let factory = SegmentFactory(
                lineLength: 20,
                linesPerDelivery: 3,
                deliveriesPerBlock: 2,
                blocksPerSegment: blocks
            )
            let folder = try TemporaryFolder()
            try factory.make(folder.path, segments: 3)
            let disk = CountingDisk()
            let journal = try Journal(directory: folder.path, disk: disk)
            for _ in 0..<20 {
                let wanted = Int.random(in: 0..<factory.deliveries(in: 3), using: &random)
                let expected = ByteOffset(rawValue: UInt64(wanted * factory.deliveryLength))
                let (offset, calls) = try counting(disk) {
                    try journal.offset(of: factory.arrival(wanted), in: .filtered)
                }
                #expect(offset == expected, "\(random)")
                let line = expected + 20
                let (first, more) = try counting(disk) {
                    try RecordReader(journal: journal, source: .filtered, from: .offset(line)).nextBatch()?.records
                        .first
                }
                #expect(first?.offset == line && first?.ordinal == 1, "\(random)")
                costs[blocks] = max(costs[blocks] ?? 0, calls, more)
            }
        }
        // 500 blocks are 4 doubled seven times.
        #expect((costs[500] ?? 0) - (costs[4] ?? 0) <= 7 * 10, "\(random) calls: \(costs)")
    }
}
