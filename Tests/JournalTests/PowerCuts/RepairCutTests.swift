import Files
import Foundation
import Lifecycle
import SQLite
import TestSupport
import Testing
import Time

@testable import Journal

/// Recording and repair with a catalog, on a simulated disk whose power is cut at every call.
@Suite struct RepairCutTests {
    private static let geometry = TailGeometry(slotCount: 4, slotSize: 2_048)

    /// REPRISE_TEST_SCHEDULES sets how many, a twentieth of the others: each opens hundreds of databases.
    private var count: Int {
        max(2, (ProcessInfo.processInfo.environment["REPRISE_TEST_SCHEDULES"].flatMap(Int.init) ?? 15) / 20)
    }

    /// A journal in several segments, with a catalog.
    private func record(_ random: inout SeededRandom, on disk: SimulatedDisk, rounds: Int) throws {
        for round in 0..<rounds {
            let writer = try open(disk)
            let builder = try writer.blocks.makeBuilder()
            for number in 0..<Int.random(in: 5...25, using: &random) {
                let post = "{\"round\":\(round),\"n\":\(number),\"x\":\"\(String(repeating: "x", count: 150))\"}\r\n"
                writer.monitor.insteadOfWaiting = { try? RepairCutTests.work(writer, builder) }
                try writer.append(post)
            }
            _ = writer.beginClosing()
            try RepairCutTests.work(writer, builder)
            try writer.endClosing()
            disk.forgetLocks()
        }
    }

    private static func work(_ writer: JournalWriter, _ builder: BlockBuilder) throws {
        while let (work, ticket) = writer.monitor.withLock({ $0.takeWork() }) {
            try writer.blocks.perform(work, ticket, builder)
        }
        let unsynced = writer.monitor.withLock { $0.unsynced }
        if !unsynced.isEmpty { try writer.blockSyncs.perform(unsynced) }
        writer.catalogNotes.performAll()
    }

    private func open(_ disk: SimulatedDisk) throws -> JournalWriter {
        try JournalWriter(
            SourceFolder(journal: "/journal", source: .filtered, disk: disk, geometry: RepairCutTests.geometry),
            catalog: { try Catalog(journal: "/journal", disk: disk) },
            configuration: .init(segmentByteLimit: 2_000),
            clock: ManualClock.standard().clock,
            startsThreads: false
        )
    }

    private func journal(_ disk: SimulatedDisk) throws -> Journal {
        try Journal(directory: "/journal", disk: disk, geometry: RepairCutTests.geometry)
    }

    /// What a catalog says, without the order in which it learnt it.
    private func content(of disk: SimulatedDisk) throws -> [String] {
        let connection = try Connection(path: disk.databasePath("/journal/catalog.sqlite"), mode: .readOnly)
        var rows: [String] = []
        for table in ["segments", "events"] {
            let select = try connection.prepare("SELECT * FROM \(table) ORDER BY 1, 2, 3, 4, 5")
            while try select.step() {
                rows.append((0..<select.columnCount).map { select.string($0) ?? "-" }.joined(separator: "|"))
            }
        }
        return rows
    }

    @Test func aCatalogNeverKnowsOfMoreThanAPowerCutLeaves() throws {
        var seeds = SeededRandom()
        for _ in 0..<count {
            let seed = seeds.next()
            var random = SeededRandom(seed: seed)
            let disk = SimulatedDisk(DiskState(), random)
            var states: [DiskState] = []
            disk.beforeChange = { states.append($0) }
            try record(&random, on: disk, rounds: 2)
            for state in states where Int.random(in: 0..<6, using: &random) == 0 {
                var left = state
                left.cutPower(&random)
                let cut = SimulatedDisk(left, random)
                guard cut.exists("/journal") else { continue }
                do {
                    // A catalog that knew of a segment without a file would be refused here.
                    let writer = try open(cut)
                    try writer.append("{}\r\n")
                } catch { Issue.record("seed \(seed): \(error)") }
                cut.forgetLocks()
                _ = try open(cut)
                let found = try content(of: cut)
                cut.forgetLocks()
                _ = try journal(cut).rebuildCatalog()
                let rebuilt = try content(of: cut)
                #expect(rebuilt == found, "seed \(seed)")
            }
        }
    }

    @Test func aRepairThatIsCutAnywhereCanBeMadeAgain() throws {
        var seeds = SeededRandom()
        for _ in 0..<count {
            let seed = seeds.next()
            var random = SeededRandom(seed: seed)
            let disk = SimulatedDisk(DiskState(), random)
            try record(&random, on: disk, rounds: 3)
            disk.state.settle()
            let index = try #require(disk.state.names["/journal/filtered/0000000002.zst"])
            // Somewhere in the middle: a block with records.
            let place = disk.state.files[index].content.count / 2
            disk.state.files[index].content[place] ^= 4
            disk.state.settle()
            var states: [DiskState] = []
            disk.beforeChange = { states.append($0) }
            _ = try JournalRepair(of: journal(disk), source: .filtered)
            disk.beforeChange = nil
            let whole = try records(disk)
            for state in states {
                var left = state
                left.cutPower(&random)
                let cut = SimulatedDisk(left, random)
                _ = try JournalRepair(of: journal(cut), source: .filtered)
                cut.forgetLocks()
                #expect(try records(cut) == whole, "seed \(seed)")
                #expect(try Recovered.findings(cut, RepairCutTests.geometry).isEmpty, "seed \(seed)")
                _ = try open(cut)
                let found = try content(of: cut)
                cut.forgetLocks()
                _ = try journal(cut).rebuildCatalog()
                let rebuilt = try content(of: cut)
                #expect(rebuilt == found, "seed \(seed)")
            }
        }
    }

    private func records(_ disk: SimulatedDisk) throws -> [[UInt8]] {
        let reader = try RecordReader(journal: journal(disk), source: .filtered, from: .beginning, to: .now)
        var records: [[UInt8]] = []
        while let batch = try reader.nextBatch() {
            records += batch.records.map { Array(batch.bytes[$0.start..<$0.start + $0.length]) }
        }
        return records
    }
}
