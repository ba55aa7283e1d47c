import Files
import Foundation
import SQLite
import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct CatalogTests {
    private func record(_ path: String, _ lines: Int = 400) throws {
        let writer = try JournalWriter(
            directory: path,
            source: .filtered,
            configuration: .init(segmentByteLimit: 20_000),
            clock: ManualClock.standard().clock
        )
        try writer.append(event: "opened", fields: [("status", .integer(200))])
        try writer.append(event: "rules", fields: [])
        for number in 0..<lines { try writer.append("{\"n\":\(number),\"pad\":\"0123456789012345678901234567\"}\r\n") }
        try writer.append(event: "closed", fields: [("why", .string("server-closed"))])
        try writer.close()
    }

    private func dump(_ path: String) throws -> [String] {
        let connection = try Connection(path: Catalog.path(journal: path), mode: .readOnly)
        var rows: [String] = []
        for (table, columns) in [
            (
                "segments",
                "source, id, sealed, first_offset, end_offset, records, blocks, stored_bytes, first_arrival_us, last_arrival_us"
            ),
            ("events", "source, time_us, segment, at_offset, kind, json"),
            ("connections", "source, opened_us, first_offset, opened, ended_us, ended"),
            ("gaps", "source, at_offset, from_us, why"),
            ("rules", "source, since_us, at_offset, json"),
        ] {
            let select = try connection.prepare("SELECT \(columns) FROM \(table) ORDER BY 1, 2")
            while try select.step() {
                rows.append(
                    table
                        + (0..<columns.split(separator: ",").count).map { "|" + (select.string($0) ?? "null") }.joined()
                )
            }
        }
        return rows
    }

    @Test func aDeletedOrDamagedCatalogIsMadeAnewAndEqual() throws {
        let folder = try TemporaryFolder()
        try record(folder.path)
        let before = try dump(folder.path)
        #expect(before.contains { $0.hasPrefix("connections|") })
        #expect(before.filter { $0.hasPrefix("segments|") }.count == 1)
        for damage in ["deleted", "garbage", "truncated", "garbage inside", "older"] {
            try harm(Catalog.path(journal: folder.path), damage)
            // The journal is read without a catalog, too.
            #expect(try ReadBack(folder.path).records.count == 400)
            #expect(try Journal(directory: folder.path).summary(of: .filtered).records == 400)
            try JournalWriter(directory: folder.path, source: .filtered, clock: ManualClock.standard().clock).close()
            #expect(try dump(folder.path) == before, "\(damage)")
        }
    }

    @Test func aRecordingStartsWhateverHasTheCatalogsName() throws {
        let folder = try TemporaryFolder()
        try record(folder.path)
        let path = Catalog.path(journal: folder.path)
        for name in [path, "\(path)-wal", "\(path)-shm"] where SystemDisk().exists(name) {
            try FileManager.default.removeItem(atPath: name)
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try record(folder.path, 10)
        #expect(try ReadBack(folder.path).records.count == 410)
        #expect(throws: JournalError.self) { try Journal(directory: folder.path).rebuildCatalog() }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.path + "/nowhere/at/all")
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: ManualClock.standard().clock)
        #expect(writer.statistics.catalogFailure != nil)
        try writer.append("{}\r\n")
        try writer.close()
        #expect(try ReadBack(folder.path).records.count == 411)
    }

    private func harm(_ path: String, _ damage: String) throws {
        if damage == "older" {
            try Connection(path: path).execute("PRAGMA user_version=0")
            return
        }
        try Connection(path: path).checkpoint()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for suffix in ["", "-wal", "-shm"] where SystemDisk().exists(path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
        switch damage {
        case "garbage": bytes = Data(repeating: 120, count: 9_000)
        case "truncated": bytes.removeLast(bytes.count / 2)
        case "garbage inside":
            bytes.replaceSubrange(4_096..<bytes.count, with: Data(repeating: 121, count: bytes.count - 4_096))
        default: return
        }
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    @Test(arguments: ["deleted", "garbage", "truncated", "garbage inside", "older"])
    func rebuildMakesAnEqualCatalog(damage: String) throws {
        let folder = try TemporaryFolder()
        for _ in 0..<3 { try record(folder.path, 600) }
        let before = try dump(folder.path)
        try harm(Catalog.path(journal: folder.path), damage)
        if ["garbage", "truncated", "garbage inside"].contains(damage) {
            let codes = try JournalVerification(of: Journal(directory: folder.path)).findings.map(\.code)
            #expect(codes == [.catalogDamaged], "\(damage): \(codes)")
        }
        #expect(try Journal(directory: folder.path).rebuildCatalog() == 6)
        #expect(try dump(folder.path) == before)
        #expect(try JournalVerification(of: Journal(directory: folder.path)).findings.isEmpty)
        try record(folder.path, 1)
    }

    @Test func aCatalogThatContradictsTheSegmentsIsReported() throws {
        let folder = try TemporaryFolder()
        try record(folder.path)
        let before = try dump(folder.path)
        try Connection(path: Catalog.path(journal: folder.path)).execute("UPDATE segments SET records = records + 1")
        let findings = try JournalVerification(of: Journal(directory: folder.path)).findings
        #expect(findings.map(\.code) == [.catalogWrong])
        #expect(try Journal(directory: folder.path).rebuildCatalog() == 1)
        #expect(try dump(folder.path) == before)
    }

    @Test func rebuildWaitsForNoRecorderAndTouchesNoNewerCatalog() throws {
        let folder = try TemporaryFolder()
        try record(folder.path, 3)
        let journal = try Journal(directory: folder.path)
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        #expect { try journal.rebuildCatalog() } throws: { ($0 as? JournalError)?.code == .locked }
        try writer.close()
        try Connection(path: Catalog.path(journal: folder.path)).execute("PRAGMA user_version=99")
        #expect { try journal.rebuildCatalog() } throws: { ($0 as? JournalError)?.code == .unsupported }
    }

    @Test func theSummaryCountsWhatIsThere() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(
            directory: folder.path,
            source: .filtered,
            configuration: .init(segmentByteLimit: 1_000)
        )
        for number in 0..<100 { try writer.append("{\"n\":\(number),\"pad\":\"0123456789\"}\r\n\r\n") }
        let live = try Journal(directory: folder.path).summary(of: .filtered)
        #expect(live.endOffset == writer.endOffset)
        // The records of the tail count too, also the one that begins in a block.
        #expect(live.records == 100)
        #expect(live.lastArrival == writer.statistics.lastArrival)
        try writer.close()
        let sealed = try Journal(directory: folder.path).summary(of: .filtered)
        #expect(sealed.records == 100)
        #expect(sealed.tailBytes == 0)
        #expect(sealed.sealedSegments > 1)
        #expect(
            try Journal(directory: folder.path).recordCount(of: .filtered, since: Timestamp(microseconds: 0)) == 100
        )
    }

    @Test func aCheckpointComesBackAndBelongsToItsSinkAndTransform() throws {
        let folder = try TemporaryFolder()
        try record(folder.path, 3)
        let journal = try Journal(directory: folder.path)
        do {
            let checkpoint = try Checkpoint(journal: journal, name: "a", sink: "file:x", transform: "1")
            #expect(checkpoint.positions.isEmpty)
            try checkpoint.save([.filtered: ByteOffset(rawValue: 42)])
            let held = #expect(throws: JournalError.self) {
                try Checkpoint(journal: journal, name: "a", sink: "file:x", transform: "1")
            }
            #expect(held?.code == .locked)
        }
        #expect(
            try Checkpoint(journal: journal, name: "a", sink: "file:x", transform: "1").positions
                == [.filtered: ByteOffset(rawValue: 42)]
        )
        for (sink, transform) in [("file:y", "1"), ("file:x", "2")] {
            let error = #expect(throws: JournalError.self) {
                try Checkpoint(journal: journal, name: "a", sink: sink, transform: transform)
            }
            #expect(error?.code == .mismatch)
        }
        // Only where the sink of the same place is gone, and the one there now is empty.
        for (place, isEmpty) in [("x", true), ("", true), ("there", false)] {
            let folder = try TemporaryFolder()
            let journal = try Journal(directory: folder.path)
            func open(_ sink: String, _ place: String, isEmpty: Bool) throws -> Checkpoint {
                try Checkpoint(
                    journal: journal,
                    name: "b",
                    sink: sink,
                    transform: "1",
                    place: place,
                    rebinding: isEmpty ? .startsOver : nil
                )
            }
            try open("index:1", place == "" ? "" : "there", isEmpty: true).save([.filtered: ByteOffset(rawValue: 42)])
            #expect(try open("index:1", place, isEmpty: isEmpty).positions[.filtered]?.rawValue == 42)
            let error = #expect(throws: JournalError.self) { try open("index:2", place, isEmpty: isEmpty) }
            #expect(error?.code == .mismatch)
            guard place == "there" else { continue }
            let over = try open("index:2", "there", isEmpty: true)
            #expect(over.positions.isEmpty && over.rebound == .startsOver)
        }
        #expect(throws: JournalError.self) {
            try Checkpoint(journal: journal, name: "../a", sink: "file:x", transform: "1")
        }
    }
}
