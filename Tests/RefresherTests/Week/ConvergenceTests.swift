import Journal
import Replayer
import Sinks
import TestSupport
import Testing
import Time

@testable import Refresher

/// Whatever is delivered again, later, or in pieces, the index is that of a single clean run.
@Suite(.timeLimit(.minutes(20)))
struct ConvergenceTests {
    /// The likes of the posts that an index shows.
    private func likes(_ index: String) throws -> [String: Int] {
        var found: [String: Int] = [:]
        for row in try rows(index, "SELECT tweet_id, likes FROM posts") {
            let parts = row.split(separator: "|")
            found[String(parts[0])] = Int(parts[1])
        }
        return found
    }

    @Test func aBackfillOfOldRecordsAndASinkAddedLaterGiveTheCleanRun() throws {
        let seed = SeededRandom().seed
        let week = try SimulatedWeek(batchSize: 80, seed: seed)
        let first = week.folder.path + "/first.sqlite"
        let second = week.folder.path + "/second.sqlite"
        let clean = week.folder.path + "/clean.sqlite"
        try week.run(batches: 5) { number in
            try week.deliver(to: first, checkpoint: "first")
            // Another sink joins later, and is behind for a while.
            if number > 20, number.isMultiple(of: 5) { try week.deliver(to: second, checkpoint: "second") }
            // And the old records of the stream come again, while lookups have brought more likes.
            guard number.isMultiple(of: 7) else { return }
            let before = try indexDump(first)
            try week.deliver(to: first, sources: [.filtered])
            #expect(try indexDump(first) == before, "REPRISE_TEST_SEED=\(seed)")
        }
        try week.deliver(to: second, checkpoint: "second")
        try week.deliver(to: clean)
        #expect(try likes(clean).values.reduce(0, +) > 100, "REPRISE_TEST_SEED=\(seed)")
        for index in [first, second] {
            #expect(try indexDump(index) == indexDump(clean), "\(index) REPRISE_TEST_SEED=\(seed)")
        }
    }

    /// Posts seen by one rule, read again, seen by another rule, and read again.
    private func handmade() throws -> HandmadeJournal {
        let journal = try HandmadeJournal()
        for id in UInt64(1)...4 { try journal.sight(id, likes: 0, tags: ["cats", "pets"]) }
        try journal.lookUp([1: 10, 2: 20, 3: nil, 4: 40])
        try journal.sight(1, likes: 11, tags: ["dogs"])
        try journal.sight(3, likes: 30, tags: ["dogs"])
        try journal.lookUp([1: 12, 2: 25, 4: nil])
        try journal.sight(2, likes: 24, tags: [])
        try journal.lookUp([2: 26, 3: 31])
        try journal.close()
        return journal
    }

    /// The newest says: likes fell from 25 to 24 because X said so, and rose again; rules are those of the newest sighting.
    private static let expected = ["1|12|dogs|[\"dogs\"]|text 1", "2|26|-|-|text 2", "3|31|dogs|[\"dogs\"]|text 3"]
    private static let query = "SELECT tweet_id, likes, category, categories, text FROM posts ORDER BY 1"

    @Test func aRuleChangeBetweenTwoSightingsFlipsNothingInAnyOrder() throws {
        let journal = try handmade()
        let clean = try journal.index("clean", [.init()])
        #expect(try rows(clean, Self.query) == Self.expected)
        let whole = try indexDump(clean)
        let start = Timestamp(microseconds: 1_780_000_000_000_000)
        let filtered = ReplayConfiguration(sources: [.filtered])
        let lookup = ReplayConfiguration(sources: [.lookup])
        let orders: [String: [ReplayConfiguration]] = [
            "lookups first": [lookup, filtered], "stream first": [filtered, lookup], "twice": [.init(), .init()],
            "backfill": [.init(), filtered], "newest first": [.init(start: .time(start + .seconds(300))), .init()],
            "one by one": [.init(batchDocumentLimit: 1), filtered, lookup],
        ]
        for (name, parts) in orders {
            let path = try journal.index(name.replacing(" ", with: "-"), parts)
            #expect(try indexDump(path) == whole, "\(name)")
        }
    }

    @Test func whatWasAddedUpPartByPartNeverFallsBehindANewerVersion() throws {
        let journal = try handmade()
        var random = SeededRandom()
        for round in 0..<8 {
            let path = "\(journal.folder.path)/round-\(round).sqlite"
            var newest: [String: Int64] = [:]
            // Any piece of the journal, any number of times, then the rest.
            for _ in 0..<6 {
                let source: SourceName = Bool.random(using: &random) ? .filtered : .lookup
                let from =
                    Timestamp(microseconds: 1_780_000_000_000_000) + .seconds(Int.random(in: 0..<800, using: &random))
                let part = ReplayConfiguration(
                    sources: [source],
                    start: .time(from),
                    documentLimit: Int.random(in: 1...6, using: &random)
                )
                try journal.replay(SQLiteSink(path: path, transformDigest: Replayer.transformDigest), part)
                for row in try rows(path, "SELECT tweet_id, version FROM documents") {
                    let parts = row.split(separator: "|").map(String.init)
                    let version = try #require(Int64(parts[1]))
                    #expect(version >= newest[parts[0]] ?? 0, "\(random)")
                    newest[parts[0]] = version
                }
            }
            try journal.replay(SQLiteSink(path: path, transformDigest: Replayer.transformDigest))
            #expect(try rows(path, Self.query) == Self.expected, "\(random)")
        }
    }
}
