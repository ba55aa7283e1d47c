import Testing
import Time

@testable import Transform

/// What X does not find is gone where a record says that this is believed.
@Suite struct BelievedDeletionTests {
    private static let found =
        #"{"id":"1","text":"a","public_metrics":{"retweet_count":1,"reply_count":2,"like_count":3,"quote_count":4}}"#
    private static let missing = #"{"resource_id":"2","type":"https://api.x.com/2/problems/resource-not-found"}"#

    private func delete(_ text: String, ordinal: Int = 0) -> (outcome: TransformOutcome, batch: DocumentBatch) {
        let batch = DocumentBatch()
        let line = Array(text.utf8)
        let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
        let outcome = padded.withUnsafeBytes { bytes in
            DefaultTransform().transform(
                deletions: UnsafeRawBufferPointer(rebasing: bytes[0..<line.count]),
                offset: 5,
                arrival: someArrival,
                ordinal: ordinal,
                into: batch
            )
        }
        return (outcome, batch)
    }

    @Test func anAnswerWhoseDeletionsWaitGivesItsPostsAlone() {
        let answer = #"{"data":[\#(Self.found)],"errors":[\#(Self.missing)]}"#
        let (outcome, batch) = lookUp(answer, asked: question(1, 2), deletionsWait: true)
        #expect(outcome == .yielded(1) && batch.posts == ["1"] && batch.stones.isEmpty)
        let none = lookUp(#"{"errors":[\#(Self.missing)]}"#, asked: question(1, 2), deletionsWait: true)
        #expect(none.outcome == .dropped(.nothing) && none.batch.isEmpty)
        // One of an older version deletes at once.
        #expect(lookUp(answer, asked: question(1, 2)).batch.stones == ["2"])
    }

    @Test func whatIsWithheldOrEditedNeedsNoBelief() {
        let edited = Self.found.dropLast() + #","edit_history_tweet_ids":["7","1"]}"#
        let withheld = Self.found.dropLast() + #","withheld":{"country_codes":["DE"]}}"#
        #expect(lookUp(#"{"data":[\#(edited)]}"#, asked: question(1), deletionsWait: true).batch.stones == ["7"])
        #expect(lookUp(#"{"data":[\#(withheld)]}"#, asked: question(1), deletionsWait: true).batch.stones == ["1"])
    }

    @Test func aRecordOfDeletionsGivesATombstoneForEach() throws {
        let (outcome, batch) = delete(#"{"deleted":["2","1234567890123456789"]}"#, ordinal: 3)
        #expect(outcome == .yielded(2) && batch.stones == ["2", "1234567890123456789"] && batch.posts.isEmpty)
        let stone = try #require(batch.documents.last)
        #expect(stone.version == DocumentVersion.make(arrival: someArrival, ordinal: 3, origin: .tombstone))
        #expect(stone.offset == 5 && stone.ordinal == 1 && stone.observedAt == someArrival)
    }

    @Test(arguments: [
        (#"{"deleted":[]}"#, TransformOutcome.dropped(.nothing)), (#"{}"#, .dropped(.nothing)),
        (#"{"deleted":"2"}"#, .failed(.wrongType)), (#"{"deleted":[2]}"#, .failed(.wrongType)),
        (#"{"deleted":["2x"]}"#, .failed(.noID)), (#"{"deleted":["2""#, .failed(.malformed)),
    ]) func whatIsNoSuchRecordDeletesNothing(_ text: String, _ expected: TransformOutcome) {
        #expect(delete(text).outcome == expected && delete(text).batch.isEmpty)
    }
}
