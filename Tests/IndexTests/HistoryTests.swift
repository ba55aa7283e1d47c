import SQLite
import TestSupport
import Testing
import Time

@testable import Index
@testable import Transform

/// Every observation is kept, and what is shown of them never shows a post that is gone.
@Suite struct HistoryTests {
    let folder: TemporaryFolder
    var path: String { "\(folder.path)/index.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func rows(_ sql: String) throws -> [[Int64?]] {
        let statement = try Connection(path: path, mode: .readOnly).prepare(sql)
        var rows: [[Int64?]] = []
        while try statement.step() { rows.append((0..<statement.columnCount).map { statement.optionalInt64($0) }) }
        return rows
    }

    /// A version whose counts were observed in a minute.
    private func version(_ minute: Int64, _ origin: DocumentClass = .stream) -> UInt64 {
        UInt64(minute * 60_000_000) * 4 + origin.rawValue
    }

    private func tombstone(_ id: String, _ minute: Int64) -> Sketch {
        Sketch(
            id: id,
            version: version(minute, .tombstone),
            origin: .tombstone,
            category: nil,
            minute: nil,
            text: nil,
            likes: nil
        )
    }

    private func mostLiked(_ minutes: ClosedRange<Int64>, limit: Int = 10) throws -> [LikedPost] {
        try IndexReader(path: path).mostLiked(
            from: Timestamp(microseconds: minutes.lowerBound * 60_000_000),
            through: Timestamp(microseconds: minutes.upperBound * 60_000_000),
            limit: limit
        )
    }

    @Test func everyObservationIsKeptOnceStaleOnesToo() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        try index.apply(
            DocumentBatch([
                Sketch(id: "1", version: version(3, .lookup), origin: .lookup, likes: 9),
                Sketch(id: "1", version: version(1), likes: 0), Sketch(id: "2", version: version(1), likes: nil),
            ])
        )
        try index.apply(DocumentBatch([Sketch(id: "1", version: version(1), likes: 0), tombstone("2", 4)]))
        #expect(
            try rows("SELECT likes, observed_at FROM history ORDER BY version") == [
                [0, 60_000_000], [9, 180_000_000],
            ]
        )
        try index.apply(DocumentBatch([tombstone("1", 5)]))
        #expect(try rows("SELECT * FROM history").isEmpty)
        #expect(try rows("SELECT count(*) FROM observations") == [[2]])
    }

    @Test func theLikesOfAPostCountWhereItsNewestDocumentPutsThem() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let reader = try IndexReader(path: path)
        func likes() throws -> [String] {
            try reader.summary(since: Timestamp(rawValue: 0)).categories.map { "\($0.name) \($0.likes)/\($0.counted)" }
        }
        try index.apply(
            DocumentBatch([
                Sketch(id: "1", version: version(1), category: "cats", likes: 2),
                Sketch(id: "2", version: version(2), category: "cats", likes: 3),
                Sketch(id: "3", version: version(3), category: "cats", likes: nil),
            ])
        )
        #expect(try likes() == ["cats 5/2"])
        try index.apply(DocumentBatch([Sketch(id: "2", version: version(8), category: "dogs", likes: 40)]))
        #expect(try likes() == ["cats 2/1", "dogs 40/1"])
        let summary = try reader.summary(since: Timestamp(rawValue: 0))
        #expect(summary.oldestLikes == Timestamp(microseconds: 60_000_000))
        #expect(summary.newestLikes == Timestamp(microseconds: 480_000_000))
        try index.apply(DocumentBatch([tombstone("1", 9), tombstone("2", 9)]))
        #expect(try likes() == ["cats 0/0"])
        #expect(try reader.summary(since: Timestamp(rawValue: 0)).oldestLikes == nil)
    }

    @Test func likesThatNoPostCanHaveDoNotStopTheIndex() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let wrong = [Int64.max, .max, .min, -1].enumerated().map { number, likes in
            Sketch(id: "\(number)", version: version(1), likes: likes)
        }
        try index.apply(DocumentBatch(wrong))
        #expect(try IndexReader(path: path).summary(since: Timestamp(rawValue: 0)).likes == 2_000_000_000_000)
        #expect(try mostLiked(1...1).map(\.newest.likes) == [.max, .max])
        try index.apply(DocumentBatch(wrong.map { tombstone($0.id, 2) }))
        #expect(try IndexReader(path: path).summary(since: Timestamp(rawValue: 0)).categories.isEmpty)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theMostLikedAreThoseThatCountingFinds(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let index = try IndexWriter(path: path, transformDigest: "d")
        var newest: [String: Sketch] = [:]
        for number in 0..<2_000 {
            let id = String(Int.random(in: 1...400, using: &random))
            let minute = Int64(number / 20)
            var sketch = tombstone(id, minute)
            if Int.random(in: 0..<8, using: &random) > 0 {
                sketch = Sketch(id: id, version: version(minute, .lookup), origin: .lookup)
                sketch.likes = .random(in: 0...40, using: &random)
            }
            guard sketch.version > newest[id]?.version ?? 0 else { continue }
            newest[id] = sketch
            try index.apply(DocumentBatch([sketch]))
        }
        for window in [0...99, 40...99, 70...80, 99...99, 200...260] as [ClosedRange<Int64>] {
            let expected = newest.values
                .filter { window.contains(Int64($0.version / 4 / 60_000_000)) && $0.likes ?? 0 > 0 }
                .sorted { ($1.likes ?? 0, $0.id) < ($0.likes ?? 0, $1.id) }
            for limit in [1, 6, 100] {
                let found = try mostLiked(window, limit: limit)
                #expect(found.map(\.id) == expected.prefix(limit).map(\.id), "seed \(seed), \(window), \(limit)")
                #expect(found.map(\.newest.likes) == expected.prefix(limit).map { Int($0.likes ?? 0) })
            }
        }
    }

    @Test func amongTheMostLikedAPostSaysWhatItHadBefore() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let long = String(repeating: "é", count: 281)
        try index.apply(
            DocumentBatch([
                Sketch(id: "1", version: version(5), category: nil, text: long, likes: 7),
                Sketch(id: "2", version: version(9, .lookup), origin: .lookup, text: nil, likes: 6),
                Sketch(id: "2", version: version(1), text: nil, likes: 1),
                Sketch(id: "2", version: version(3), text: nil, likes: 4),
                Sketch(id: "2", version: version(4), text: nil, likes: nil),
                Sketch(id: "3", version: version(9), likes: 0),
            ])
        )
        let found = try mostLiked(5...9)
        #expect(found.map(\.id) == ["1", "2"])
        #expect(found[0].text == String(long.dropLast()) + "…" && found[0].category.isEmpty && found[0].earlier == nil)
        #expect(found[1].text == nil)
        #expect(found[1].newest == .init(likes: 6, observedAt: Timestamp(microseconds: 540_000_000)))
        #expect(found[1].earlier == .init(likes: 4, observedAt: Timestamp(microseconds: 180_000_000)))
        #expect(try mostLiked(6...9, limit: 1).map(\.id) == ["2"])
        try index.apply(DocumentBatch([tombstone("1", 10)]))
        #expect(try mostLiked(0...20).map(\.id) == ["2"])
        try index.apply(DocumentBatch([Sketch(id: "1", version: version(11, .lookup), origin: .lookup, likes: 70)]))
        #expect(try mostLiked(0...20).map(\.id) == ["1", "2"])
    }

    @Test func theMostLikedAreFoundByTheirIndexAlone() throws {
        try IndexWriter(path: path, transformDigest: "d").close()
        let plan = try Connection(path: path, mode: .readOnly).prepare("EXPLAIN QUERY PLAN " + MostLiked.ofMinuteSQL)
        var steps: [String] = []
        while try plan.step() { steps.append(plan.string(3) ?? "") }
        #expect(steps.count == 1 && steps[0].contains("USING INDEX liked"), "\(steps)")
    }
}
