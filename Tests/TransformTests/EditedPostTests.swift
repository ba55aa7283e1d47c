import Testing
import Time

@testable import Transform

/// An edited post on the stream: the newest version shows, those before it are gone.
@Suite struct EditedPostTests {
    private func record(_ id: Int, _ history: String, _ name: String = "edit_history_tweet_ids") -> String {
        #"{"data":{"id":"\#(id)","text":"a","\#(name)":\#(history)},"matching_rules":[]}"#
    }

    private func stone(_ id: Int) -> String { #"{"tweet_id":"\#(id)","gone":true}"# }

    @Test(arguments: ["edit_history_tweet_ids", "edit_history_post_ids"])
    func theVersionsBeforeItGetTombstones(name: String) {
        let (outcome, documents) = transform(Array(record(3, #"["1","2","3"]"#, name).utf8))
        #expect(outcome == .yielded(3))
        #expect(documents.count == 3 && documents[0].hasPrefix(#"{"tweet_id":"3","#))
        #expect(Array(documents.dropFirst()) == [stone(1), stone(2)])
    }

    @Test func anOlderVersionGivesTombstonesAlone() {
        let (outcome, documents) = transform(Array(record(1, #"["1","2"]"#).utf8))
        #expect(outcome == .yielded(1) && documents == [stone(1)])
    }

    @Test(arguments: [#"["3"]"#, "[]", "null", #"[null,"3"]"#, #"["x","3"]"#])
    func whatNamesNoOtherVersionGivesThePostAlone(history: String) {
        let (outcome, documents) = transform(Array(record(3, history).utf8))
        #expect(outcome == .yielded(1) && documents.count == 1 && documents[0].hasPrefix(#"{"tweet_id":"3","#))
    }
}
