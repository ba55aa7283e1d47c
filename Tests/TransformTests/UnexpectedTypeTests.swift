import Testing

@testable import Transform

/// A value of another type than X documents costs that value alone.
@Suite struct UnexpectedTypeTests {
    private static let rest = #""text":"a","author_id":"77","lang":"en""#

    /// Transforms a record, and says how many values were left out.
    private func leaveOut(_ line: String) -> (outcome: TransformOutcome, documents: [String], leftOut: Int) {
        let transform = DefaultTransform()
        let batch = DocumentBatch()
        let bytes = Array(line.utf8)
        let padded = bytes + [UInt8](repeating: 0, count: DefaultTransform.padding)
        let outcome = padded.withUnsafeBytes {
            transform.transform(
                UnsafeRawBufferPointer(rebasing: $0[0..<bytes.count]),
                offset: 0,
                arrival: someArrival,
                ordinal: 0,
                into: batch
            )
        }
        return (outcome, batch.texts, transform.leftOutCount)
    }

    @Test(arguments: [
        (#""public_metrics":{"retweet_count":1,"like_count":"12"}"#, #""likes""#),
        (#""public_metrics":{"retweet_count":1,"like_count":3.0}"#, #""likes""#),
        (#""public_metrics":{"retweet_count":1,"like_count":[]}"#, #""likes""#),
        (#""created_at":7"#, #""created_at""#), (#""public_metrics":7"#, #""likes""#),
        (#""referenced_tweets":{}"#, "quote"), (#""edit_history_tweet_ids":"1""#, "gone"),
    ]) func oneValueIsLeftOutAndCounted(_ member: String, _ absent: String) {
        let (outcome, documents, leftOut) = leaveOut(#"{"data":{"id":"7",\#(Self.rest),\#(member)}}"#)
        #expect(outcome == .yielded(1) && leftOut == 1, "\(member)")
        #expect(documents.first?.contains(#""author_id":"77""#) == true)
        #expect(documents.first?.contains(absent) == false)
    }

    @Test func aTagThatIsANumberLeavesTheOthers() {
        let rules = #"[{"id":"1","tag":7},{"id":"2","tag":"dogs"},"x"]"#
        let (outcome, documents, leftOut) = leaveOut(#"{"data":{"id":"7",\#(Self.rest)},"matching_rules":\#(rules)}"#)
        #expect(outcome == .yielded(1) && leftOut == 2)
        #expect(documents.first?.contains(#""categories":["dogs"]"#) == true)
    }

    @Test func whatIsRightIsNotCounted() {
        #expect(leaveOut(#"{"data":{"id":"7",\#(Self.rest),"lang":null,"more":7}}"#).leftOut == 0)
    }

    @Test func aLookedUpPostStaysWithoutTheValue() {
        let counts = #""public_metrics":{"like_count":3,"quote_count":"x"}"#
        let (outcome, batch) = lookUp(#"{"data":[{"id":"1",\#(Self.rest),\#(counts)}],"errors":7}"#, asked: question(1))
        #expect(outcome == .yielded(1) && batch.posts == ["1"] && batch.documents[0].quotes == nil)
    }
}
