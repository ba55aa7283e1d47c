import Files
import Foundation
import SQLite
import TestSupport
import Testing
import Time

@testable import Journal

/// A catalog that says anything at all: it can be deleted, so that nothing it says may cost more than time.
@Suite struct ExtremeCatalogTests {
    private static let geometry = TailGeometry(slotCount: 4, slotSize: 1 << 12)
    private static let clock = ManualClock.standard().clock

    /// A journal of three sealed segments, and copies of it.
    private final class Fixture {
        let whole: TemporaryFolder
        let original: String
        let database: ExtremeDatabase
        let journal: Journal
        let bytes: [UInt8]

        init(damaged: Bool) throws {
            whole = try TemporaryFolder()
            original = "\(whole.path)/original"
            try FileManager.default.createDirectory(atPath: original, withIntermediateDirectories: true)
            var written: [UInt8] = []
            for number in 0..<3 {
                let writer = try Fixture.writer(original)
                try writer.append(event: "opened", fields: [])
                for line in 0..<20 {
                    let text = "{\"n\":\(number * 100 + line),\"pad\":\"01234567890123456789\"}\r\n"
                    try writer.append(text)
                    written += Array(text.utf8)
                }
                try writer.append(event: "closed", fields: [])
                try writer.close()
            }
            bytes = written
            database = try ExtremeDatabase(Catalog.path(journal: original))
            if damaged {
                let path = "\(original)/filtered/0000000003.zst"
                var file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
                file.removeLast(file.count / 2)
                try Data(file).write(to: URL(fileURLWithPath: path))
            }
            journal = try Fixture.open(original)
        }

        static func open(_ path: String) throws -> Journal {
            try Journal(directory: path, disk: SystemDisk(), geometry: geometry)
        }

        static func writer(_ path: String) throws -> JournalWriter {
            try JournalWriter(
                SourceFolder(journal: path, source: .filtered, geometry: geometry),
                catalog: { try Catalog(journal: path, disk: SystemDisk()) },
                configuration: .init(),
                clock: clock,
                startsThreads: true
            )
        }

        /// Runs a body on a copy whose catalog was changed.
        func with(_ change: ExtremeDatabase.Change, _ body: (String, Journal) throws -> Void) throws {
            let path = "\(whole.path)/copy"
            try copyFolder(original, to: path)
            defer { try? FileManager.default.removeItem(atPath: path) }
            try change.apply(to: Catalog.path(journal: path))
            try body(path, try Fixture.open(path))
        }
    }

    /// What a person at a journal may do with it, one after the other; errors are answers, too.
    private func useAll(_ path: String, _ journal: Journal) throws {
        func allow(_ body: () throws -> Void) throws {
            do { try body() } catch is JournalError {} catch is SQLiteError {}
        }
        try allow { _ = try journal.summary(of: .filtered) }
        try allow { _ = try JournalVerification(of: journal) }
        try allow { _ = try JournalRepair(of: journal, source: .filtered, dryRun: true) }
        try allow { _ = try JournalRepair(of: journal, source: .filtered) }
        try allow {
            let writer = try Fixture.writer(path)
            try writer.append(event: "opened", fields: [])
            try writer.close()
        }
        try allow { _ = try journal.summary(of: .filtered) }
    }

    @Test func nothingACatalogSaysCostsAByte() throws {
        var random = SeededRandom()
        let fixture = try Fixture(damaged: false)
        let summary = try fixture.journal.summary(of: .filtered)
        try #require(summary.records == 60 && fixture.database.changes.count > 300)
        for change in fixture.database.some(40, &random) {
            try fixture.with(change) { path, journal in
                try useAll(path, journal)
                let reader = try ByteReader(journal: journal, source: .filtered)
                var bytes: [UInt8] = []
                while let next = try reader.next() { bytes += Array(next) }
                #expect(bytes == fixture.bytes, "\(change) \(random)")
                // The words of every answer: the catalog can be made anew.
                _ = try journal.rebuildCatalog()
                let records = try journal.summary(of: .filtered).records
                let findings = try JournalVerification(of: journal).findings
                #expect(records == 60 && findings.isEmpty, "\(change) \(random): \(findings)")
            }
        }
    }

    /// Two thousand million numbers that have no file: a reader once looked for each of them.
    @Test(.timeLimit(.minutes(20))) func aWideHoleInTheNumbersIsNotGoneThroughOneByOne() throws {
        let fixture = try Fixture(damaged: false)
        let wide = fixture.database.changes.filter {
            $0.description.hasPrefix("segments.id = ") && $0.description.contains("2147483648")
        }
        try #require(!wide.isEmpty)
        for change in wide {
            try fixture.with(change) { path, journal in
                let search = SegmentSearch(folder: journal.folder(of: .filtered))
                let far = SegmentID(rawValue: 2_147_483_648)
                #expect(try search.following(SegmentID(rawValue: 4), upTo: far) == far)
                #expect(try search.following(SegmentID(rawValue: 0), upTo: far) == .first)
                try useAll(path, journal)
            }
        }
    }

    /// Where the newest segment is damaged, repair asks the catalog how far it had come.
    @Test func noGapIsMadeUpOfAnExtremeNumber() throws {
        var random = SeededRandom()
        let fixture = try Fixture(damaged: true)
        for change in fixture.database.some(20, &random) where change.description.hasPrefix("segments.") {
            try fixture.with(change) { path, journal in
                try useAll(path, journal)
                let end = Int(clamping: try journal.endOffset(of: .filtered).rawValue)
                #expect(end <= fixture.bytes.count + 8 * TailGeometry.standard.slotSize, "\(change) \(random)")
            }
        }
    }

    @Test(arguments: [
        ("end_offset", Int64.min), ("end_offset", -1), ("end_offset", .max), ("records", -1), ("stored_bytes", .max),
        ("blocks", .min),
    ])
    func infoFallsBackOnTheFiles(_ column: String, _ value: Int64) throws {
        let fixture = try Fixture(damaged: false)
        let before = try fixture.journal.summary(of: .filtered)
        let change = try #require(
            fixture.database.changes.first { $0.description == "segments.\(column) = \(value) in all rows" }
        )
        try fixture.with(change) { _, journal in
            let summary = try journal.summary(of: .filtered)
            #expect(summary == before)
        }
    }
}
