import Foundation
import HTTPClient
import Journal
import Lifecycle
import Replayer
import Sinks
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// Everything beside the journal can be deleted, and comes back from the journal alone.
@Suite(.timeLimit(.minutes(20)))
struct RebuildTests {
    private func remove(_ path: String) throws {
        for file in [path, path + "-wal", path + "-shm"] where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
    }

    private func catalogDump(_ journal: String) throws -> [String] {
        let path = journal + "/catalog.sqlite"
        let tables = try rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return try tables.flatMap { table in
            try [table] + rows(path, "SELECT * FROM \(table)").sorted()
        }
    }

    /// Fills `posts.sqlite` and an index from the journal, one source after the other.
    private func fill(_ week: SimulatedWeek, _ sources: [[SourceName]?], index: String) throws {
        let file = try PostsFile(journal: week.journal, schedule: week.schedule)
        for some in sources {
            try week.replay(LocalDelivery(PostsSink(file)), "posts", checkpoint: nil, some)
            try week.deliver(to: index, sources: some)
        }
    }

    @Test func catalogPostsAndIndexAreEqualWhateverOrderTheSourcesAreReadIn() throws {
        let seed = SeededRandom().seed
        let week = try SimulatedWeek(batchSize: 80, seed: seed)
        let index = week.folder.path + "/index.sqlite"
        try week.run(batches: 6) { _ in try week.deliver(to: index, checkpoint: "index") }
        let known = (
            posts: try postsDump(week.journal), index: try indexDump(index), catalog: try catalogDump(week.journal)
        )
        // What was refreshed, and what is gone, is among them.
        #expect(try rows(index, "SELECT count(*) FROM documents WHERE gone").first != "0")
        #expect(week.reports.reduce(0) { $0 + $1.changed } > 20, "REPRISE_TEST_SEED=\(seed)")

        for sources in [[nil], [[.lookup], [.filtered]], [[.filtered], [.lookup]], [[.lookup], nil, [.filtered]]]
            as [[[SourceName]?]]
        {
            let name = "\(sources), REPRISE_TEST_SEED=\(seed)"
            for path in [week.journal + "/catalog.sqlite", week.journal + "/posts.sqlite", index] { try remove(path) }
            try fill(week, sources, index: index)
            #expect(try postsDump(week.journal) == known.posts, "\(name)")
            #expect(try indexDump(index) == known.index, "\(name)")
            _ = try Journal(directory: week.journal).rebuildCatalog()
            #expect(try catalogDump(week.journal) == known.catalog, "\(name)")
        }
    }

    @Test func aRefresherThatLostItsFileGoesOnAsIfNothingHadHappened() throws {
        let week = try SimulatedWeek(batchSize: 60, seed: SeededRandom().seed)
        try week.stream()
        try week.pass()
        week.clock.advance(by: .seconds(1_000))
        let report = try week.pass()
        #expect(report.read > 5)
        let known = try postsDump(week.journal)
        try remove(week.journal + "/posts.sqlite")
        let again = try week.pass()
        // What answers said nothing of is still due; what was read is not read again.
        #expect(again.due == report.unknown)
        if again.read + again.gone == 0 { #expect(try postsDump(week.journal) == known) }
    }
}
