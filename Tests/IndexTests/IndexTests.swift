import Failures
import Foundation
import SQLite
import TestSupport
import Testing
import Time

@testable import Index
@testable import Transform

@Suite struct IndexTests {
    let folder: TemporaryFolder
    var path: String { "\(folder.path)/index.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func column(_ sql: String) throws -> [String?] {
        let statement = try Connection(path: path, mode: .readOnly).prepare(sql)
        var values: [String?] = []
        while try statement.step() { values.append(statement.string(0)) }
        return values
    }

    @Test func theNewestVersionWins() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let first = try index.apply(
            DocumentBatch([
                Sketch(id: "1", version: 10, likes: 1), Sketch(id: "2", version: 10, likes: 1),
                Sketch(id: "1", version: 10, likes: 9), Sketch(id: "1", version: 9, likes: 8),
                Sketch(id: "2", version: 11, likes: 2),
            ])
        )
        #expect(first.accepted == 3)
        #expect(first.stale == 2)
        let again = try index.apply(DocumentBatch([Sketch(id: "1", version: 10, likes: 7)]))
        #expect(again.accepted == 0)
        #expect(again.stale == 1)
        #expect(try column("SELECT likes FROM posts ORDER BY tweet_id") == ["1", "2"])
    }

    @Test(arguments: ["renamed", "deleted", "replaced", "overwritten"])
    func whatAnotherProgramDoesToTheFileIsNoticedBeforeAnythingCountsAsDurable(what: String) throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        try index.apply(DocumentBatch([Sketch(id: "1", version: 1, likes: 1)]))
        try index.flush()
        // As much as a file has that was in use for a while.
        try Connection(path: path).checkpoint()
        let files = FileManager.default
        switch what {
        case "renamed": try files.moveItem(atPath: path, toPath: path + ".1")
        case "deleted": try files.removeItem(atPath: path)
        case "replaced":
            try files.moveItem(atPath: path, toPath: path + ".1")
            try files.copyItem(atPath: path + ".1", toPath: path)
        default:
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.write(contentsOf: Data(repeating: 120, count: 8_192))
            try file.close()
        }
        // The database's pages are in memory, so documents are taken.
        try index.apply(DocumentBatch([Sketch(id: "2", version: 1, likes: 1)]))
        let error = try #require(throws: IndexError.self) { try index.flush() }
        #expect("\(error)".contains(what == "overwritten" ? "was overwritten" : "was renamed or deleted"))
        #expect(error.failureCause == (what == "overwritten" ? .damaged : .missingTarget))
    }

    @Test func escapesAreDecodedInTextAndCategoryAlike() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        try index.apply(
            DocumentBatch([
                Sketch(
                    id: "1",
                    version: 4,
                    category: #"caf\u00e9 cats"#,
                    text: #"\"hi\"\n\ud83d\udc08 <b>"#,
                    tags: [#"a]\"["#, "b"]
                ),
                Sketch(id: "2", version: 4, category: "café cats", text: "", tags: []),
            ])
        )
        #expect(try column("SELECT text FROM posts ORDER BY tweet_id") == ["\"hi\"\n🐈 <b>", ""])
        #expect(try column("SELECT categories FROM posts ORDER BY tweet_id") == [#"["a]\"[","b"]"#, nil])
        // The two spellings are one category.
        #expect(try IndexReader(path: path).summary(since: Timestamp(rawValue: 0)).categories.map(\.total) == [2])
    }

    @Test func aTombstoneHidesAPostAndANewerLookupRevivesIt() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let reader = try IndexReader(path: path)
        let gone = Sketch(
            id: "1",
            version: 7,
            origin: .tombstone,
            category: nil,
            minute: nil,
            text: nil,
            likes: nil
        )
        try index.apply(DocumentBatch([Sketch(id: "1", version: 5), Sketch(id: "2", version: 5)]))
        try index.apply(DocumentBatch([gone]))
        #expect(try column("SELECT tweet_id FROM posts") == ["2"])
        #expect(try column("SELECT text FROM documents WHERE gone") == [nil])
        #expect(try reader.summary(since: Timestamp(rawValue: 0)).total == 1)
        // The old sighting does not come back.
        #expect(try index.apply(DocumentBatch([Sketch(id: "1", version: 5)])).stale == 1)
        try index.apply(DocumentBatch([Sketch(id: "1", version: 14, origin: .lookup)]))
        #expect(try column("SELECT tweet_id FROM posts ORDER BY 1") == ["1", "2"])
        #expect(try reader.summary(since: Timestamp(rawValue: 0)).recent == 2)
    }

    @Test func aTimelineHasABucketForEveryStretchOfTime() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let start: Int64 = 29_000_000
        try index.apply(
            DocumentBatch([
                Sketch(id: "1", version: 4, minute: start - 1), Sketch(id: "2", version: 4, minute: start),
                Sketch(id: "3", version: 4, minute: start + 4), Sketch(id: "4", version: 4, minute: start + 5),
                Sketch(id: "5", version: 4, category: "dogs", minute: start + 14),
                Sketch(id: "6", version: 4, category: nil, minute: start + 15),
            ])
        )
        let timeline = try IndexReader(path: path).timeline(
            from: Timestamp(microseconds: start * 60_000_000 + 7),
            bucketMinutes: 5,
            bucketCount: 3
        )
        #expect(timeline.start == Timestamp(microseconds: start * 60_000_000))
        #expect(timeline.series.map(\.category) == ["cats with images", "dogs"])
        #expect(timeline.series.map(\.counts) == [[2, 1, 0], [0, 0, 1]])
    }

    @Test func anIndexBelongsToOneTransform() throws {
        let first = try IndexWriter(path: path, transformDigest: "0123")
        try first.close()
        let error = #expect(throws: IndexError.self) { try IndexWriter(path: path, transformDigest: "4567") }
        #expect(error?.code == .otherTransform)
        #expect(error?.message.contains("fill a new file") == true)
        #expect(try IndexWriter(path: path, transformDigest: "0123").identity == first.identity)
        let other = try IndexWriter(path: "\(folder.path)/other.sqlite", transformDigest: "0123")
        #expect(other.identity != first.identity)
    }

    @Test func aReaderRefusesWhatIsNoIndex() throws {
        let missing = #expect(throws: IndexError.self) { try IndexReader(path: path) }
        #expect(missing?.code == .notFound)
        try Connection(path: path).execute("CREATE TABLE theirs (a INTEGER)")
        let foreign = #expect(throws: IndexError.self) { try IndexReader(path: path) }
        #expect(foreign?.code == .unusable)
        let writing = #expect(throws: IndexError.self) { try IndexWriter(path: path, transformDigest: "d") }
        #expect(writing?.code == .unusable)
    }

    @Test func aClosedIndexTakesNothing() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        try index.apply(DocumentBatch([Sketch(id: "1", version: 4)]))
        try index.flush()
        try index.close()
        try index.close()
        let error = #expect(throws: IndexError.self) { try index.apply(DocumentBatch([Sketch(id: "2", version: 4)])) }
        #expect(error?.code == .closed)
    }

    @Test func theChangeCounterMovesWithEveryBatch() throws {
        let index = try IndexWriter(path: path, transformDigest: "d")
        let reader = try IndexReader(path: path)
        let before = try reader.changeCounter()
        #expect(try reader.changeCounter() == before)
        try index.apply(DocumentBatch([Sketch(id: "1", version: 4)]))
        #expect(try reader.changeCounter() != before)
    }
}
