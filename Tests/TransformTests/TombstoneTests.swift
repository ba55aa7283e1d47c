import JSON
import Testing
import Time

@testable import Transform

/// What says that a post is gone.
@Suite struct TombstoneTests {
    private func add(_ id: String, to batch: DocumentBatch) -> Bool {
        batch.addTombstone(of: id, offset: 77, number: 3, arrival: someArrival, ordinal: 2)
    }

    @Test func itSaysThatThePostIsGoneAndNothingElse() throws {
        let batch = DocumentBatch()
        batch.source = 5
        #expect(add("1234567890123456789", to: batch))
        let stone = try #require(batch.documents.first)
        #expect(batch.json(of: stone) == #"{"tweet_id":"1234567890123456789","gone":true}"#)
        #expect(batch.string(stone.tweetID) == "1234567890123456789")
        #expect(stone.origin == .tombstone && stone.source == 5 && stone.offset == 77 && stone.ordinal == 3)
        #expect(stone.observedAt == someArrival && stone.timestampMilliseconds == nil && stone.likes == nil)
    }

    /// A sighting and a lookup of the same microsecond are older; the next microsecond's are newer.
    @Test func itsVersionIsBehindWhatArrivedWithIt() throws {
        let batch = DocumentBatch()
        #expect(add("1", to: batch))
        let version = try #require(batch.documents.first?.version)
        #expect(version == UInt64(someArrival.rawValue + 2) * 4 + 3)
        for origin in [DocumentClass.stream, .lookup] {
            #expect(DocumentVersion.make(arrival: someArrival, ordinal: 2, origin: origin) < version)
            #expect(DocumentVersion.make(arrival: someArrival, ordinal: 3, origin: origin) > version)
        }
    }

    @Test(arguments: ["", "12345678901234567890", "1a", "-1", "1\"", "١"])
    func whatIsNoPostsIdAddsNothing(id: String) {
        let batch = DocumentBatch()
        #expect(!add(id, to: batch))
        #expect(batch.isEmpty && batch.byteCount == 0)
    }

    @Test func manyFitABatchAmongOtherDocuments() throws {
        let batch = DocumentBatch(byteCapacity: 1)
        for number in 0..<1_000 { #expect(add("\(number)", to: batch)) }
        #expect(batch.documents.count == 1_000)
        for (number, stone) in batch.documents.enumerated() {
            #expect(batch.json(of: stone) == "{\"tweet_id\":\"\(number)\",\"gone\":true}")
        }
        #expect(batch.byteCount == batch.documents.reduce(0) { $0 + $1.json.count })
    }
}
