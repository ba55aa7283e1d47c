import SQLite
import TestSupport
import Testing
import Time

@testable import Index
@testable import Transform

/// An index that an older version made.
@Suite struct MigrationTests {
    let folder: TemporaryFolder
    var path: String { "\(folder.path)/index.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
        let first = Migrator(
            applicationID: IndexSchema.applicationID,
            what: "an index of posts",
            steps: Array(IndexSchema.steps.prefix(1))
        )
        let connection = try Connection(path: path)
        try first.migrate(connection)
        try connection.execute(
            """
            INSERT INTO identity VALUES (1, 'old', 'd');
            INSERT INTO documents (tweet_id, version, gone, category, likes, observed_at, kind) VALUES
                ('1', 4, 0, 'cats', 5, 60000000, 'post'), ('2', 4, 0, 'cats', 6, 180000000, 'post'),
                ('3', 4, 0, 'cats', NULL, 60000000, 'post'), ('4', 7, 1, NULL, NULL, 60000000, 'post'),
                ('5', 4, 0, NULL, 9, 60000000, 'post');
            INSERT INTO totals VALUES ('cats', 3), ('', 1);
            """
        )
    }

    @Test func itsNewestCountsBecomeTheBeginningOfItsHistory() throws {
        let error = #expect(throws: IndexError.self) { try IndexReader(path: path) }
        #expect(error?.message.contains("open it once for writing") == true)
        let index = try IndexWriter(path: path, transformDigest: "d")
        #expect(index.identity == "old")
        let reader = try IndexReader(path: path)
        let before = try reader.summary(since: Timestamp(rawValue: 0))
        #expect(
            before.categories == [
                .init(name: "", total: 1, recent: 0, likes: 9, counted: 1),
                .init(name: "cats", total: 3, recent: 0, likes: 11, counted: 2),
            ]
        )
        #expect(before.newestLikes == Timestamp(microseconds: 180_000_000))
        #expect(try Connection(path: path).int64("SELECT count(*) FROM history") == 3)
        // What was taken over is counted out again like anything else.
        let gone = Sketch(id: "2", version: 11, origin: .tombstone, category: nil, minute: nil, text: nil, likes: nil)
        try index.apply(DocumentBatch([gone, Sketch(id: "5", version: 12, category: "cats", minute: nil, likes: 1)]))
        let after = try reader.summary(since: Timestamp(rawValue: 0))
        #expect(after.categories == [.init(name: "cats", total: 3, recent: 0, likes: 6, counted: 2)])
        #expect(after.newestLikes == Timestamp(microseconds: 60_000_000))
    }

    @Test func ofAnotherTransformItIsRefusedAndStaysAsItIs() throws {
        let error = #expect(throws: IndexError.self) { try IndexWriter(path: path, transformDigest: "e") }
        #expect(error?.code == .otherTransform)
        let connection = try Connection(path: path, mode: .readOnly)
        #expect(try connection.int64("PRAGMA user_version") == 1)
        #expect(try connection.int64("SELECT count(*) FROM sqlite_schema WHERE name = 'observations'") == 0)
    }
}
