import Foundation
import SQLite
import TestSupport
import Testing
import Time
import Transform

@testable import Dashboard
@testable import Index

/// An embedded index that says anything at all: figures that are wrong, or an error, never a crash.
@Suite struct ExtremeIndexTests {
    private static let start = Timestamp(microseconds: 1_780_012_830_000_000)

    private func batch(_ records: [String], at time: Timestamp) -> DocumentBatch {
        let batch = DocumentBatch()
        for (ordinal, record) in records.enumerated() {
            let line = Array(record.utf8)
            let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
            padded.withUnsafeBytes { bytes in
                _ = DefaultTransform().transform(
                    UnsafeRawBufferPointer(rebasing: bytes[0..<line.count]),
                    offset: 0,
                    arrival: time,
                    ordinal: ordinal,
                    into: batch
                )
            }
        }
        return batch
    }

    private func record(_ id: Int, _ tag: String, likes: Int64) -> String {
        #"{"data":{"id":"\#(id)","text":"t","public_metrics":{"like_count":\#(likes)}},"matching_rules":[{"tag":"\#(tag)"}]}"#
    }

    /// What the page and its metrics ask, and what a follower writes.
    private func use(_ path: String) throws {
        for now in [Self.start, Timestamp(rawValue: 0), Timestamp(rawValue: .max)] {
            let reader = try IndexReader(path: path)
            let summary = Summary(
                try reader.summary(since: now.startOfDay),
                mostLiked: try reader.mostLiked(from: now - Summary.mostLikedSpan, through: now, limit: 5),
                sides: Side.catsAndDogs,
                now: now
            )
            #expect(!(try JSONText.line(summary)).isEmpty)
            #expect(summary.total >= 0 && summary.today >= 0 && summary.likes >= 0 && summary.counted >= 0)
            for range in Timeline.Range.allCases {
                let timeline = try reader.timeline(
                    from: range.start(at: now),
                    bucketMinutes: range.bucketMinutes,
                    bucketCount: range.bucketCount
                )
                #expect(!(try JSONText.line(Timeline(timeline, range: range, sides: Side.catsAndDogs))).isEmpty)
            }
        }
        let writer = try IndexWriter(path: path, transformDigest: "d")
        let later = Self.start + .seconds(60)
        try writer.apply(batch([record(1, "cats", likes: 7), record(9, "dogs", likes: .max)], at: later))
        try writer.close()
    }

    @Test func extremeNumbersInAnIndexAreSurvived() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        let (path, kept) = ("\(folder.path)/index.sqlite", "\(folder.path)/kept.sqlite")
        let writer = try IndexWriter(path: path, transformDigest: "d")
        let first = [record(1, "cats", likes: 3), record(2, "dogs", likes: 5), record(3, "", likes: 0)]
        try writer.apply(batch(first, at: Self.start - .seconds(600)))
        try writer.apply(batch([record(1, "cats", likes: 4)], at: Self.start - .seconds(60)))
        try writer.close()
        try Connection(path: path).execute("PRAGMA journal_mode=DELETE")
        try copyFile(path, over: kept)
        let database = try ExtremeDatabase(kept)
        try #require(database.changes.count > 400)
        for change in database.some(50, &random) {
            try copyFile(kept, over: path)
            try change.apply(to: path)
            do { try use(path) } catch let error as IndexError {
                #expect(error.code == .database, "\(change) \(random)")
            }
        }
    }

    @Test func likesOfAnySizeAreShown() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/index.sqlite"
        let writer = try IndexWriter(path: path, transformDigest: "d")
        try writer.apply(batch([record(1, "cats", likes: .min), record(2, "dogs", likes: .max)], at: Self.start))
        try writer.apply(batch([record(1, "cats", likes: .max)], at: Self.start + .seconds(1)))
        let reader = try IndexReader(path: path)
        let liked = try reader.mostLiked(from: Self.start, through: Self.start + .seconds(2), limit: 5)
        let shown = liked.map { Summary.LikedPost($0, sides: Side.catsAndDogs) }
        #expect(shown.map(\.likes) == [.max, .max] && shown.map(\.gained) == [.max, nil])
        #expect(try reader.summary(since: Self.start).likes == 2 * Int(IndexSchema.likeLimit))
    }

    @Test func countsOfAnySizeAddUpToTheLargest() {
        let categories = (0..<30).map { number in
            IndexSummary.Category(name: "cats \(number)", total: .max, recent: .max, likes: .max, counted: .max)
        }
        let summary = Summary(
            IndexSummary(categories: categories, newest: Timestamp(rawValue: .max)),
            sides: Side.catsAndDogs,
            now: Self.start
        )
        #expect(summary.total == .max && summary.likes == .max && summary.sides[0].today == .max)
        #expect(summary.categories.count == Summary.categoryLimit && summary.headline.hasPrefix("Cats"))
    }
}
