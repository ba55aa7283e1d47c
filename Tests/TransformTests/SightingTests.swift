import Testing
import Time

@testable import Transform

/// What the stream has shown of a post stays where the answer to a lookup lacks it.
@Suite struct SightingTests {
    private static let counts = #""public_metrics":{"repost_count":1,"like_count":3}"#

    private func asked(_ change: (inout Question.Post) -> Void) -> Question {
        var post = Question.Post(id: 1, arrival: someArrival - .seconds(900), rules: Array(#"["cats"]"#.utf8))
        post.author = Array("77".utf8)
        change(&post)
        return Question([post])
    }

    @Test(arguments: PostKind.allCases) func authorAndReferencesStay(_ kind: PostKind) throws {
        let question = asked {
            $0.kind = kind
            if kind == .repost { $0.repostedID = 9 }
        }
        let batch = lookUp(#"{"data":[{"id":"1","text":"a",\#(Self.counts)}]}"#, asked: question).batch
        let document = try #require(batch.documents.first)
        #expect(document.postKind == kind && document.repostedID == (kind == .repost ? 9 : nil))
        #expect(document.authorID.map { batch.string($0) } == "77")
        #expect(batch.texts[0].contains(#""author_id":"77""#) && batch.texts[0].contains(#""kind":"\#(kind.name)""#))
    }

    @Test func whatTheAnswerSaysCounts() throws {
        let post =
            #"{"id":"1","text":"a",\#(Self.counts),"author_id":"5","referenced_posts":[{"type":"quoted","id":"4"}]}"#
        let batch = lookUp(#"{"data":[\#(post)]}"#, asked: asked { $0.kind = .reply }).batch
        #expect(batch.documents.first?.postKind == .quote)
        #expect(batch.texts.first?.contains(#""author_id":"5""#) == true)
    }

    @Test func anOlderVersionStaysSupersededWhereTheAnswerHasNoHistory() {
        let question = asked { $0.newestID = 3 }
        let batch = lookUp(#"{"data":[{"id":"1","text":"a",\#(Self.counts)}]}"#, asked: question).batch
        #expect(batch.posts.isEmpty && batch.stones == ["1"])
        #expect(batch.documents.first?.isSuperseded == true && batch.documents.first?.newestID == 3)
    }

    @Test func aQuestionOfBeforeIsReadAsItWas() {
        let question = question(1)
        #expect(String(decoding: question.json, as: UTF8.self).hasSuffix(#""rules":["cats"]}]"#))
        let batch = lookUp(#"{"data":[{"id":"1","text":"a",\#(Self.counts)}]}"#, asked: question).batch
        #expect(batch.posts == ["1"] && !batch.texts[0].contains("author_id"))
    }

    @Test func aPostThatTheStreamShowsAsWithheldIsHidden() {
        let withheld = #""withheld":{"copyright":false,"country_codes":["DE"]}"#
        let (outcome, documents) = transform(#"{"data":{"id":"7","text":"a",\#(withheld)},"matching_rules":[]}"#)
        #expect(outcome == .yielded(1))
        #expect(documents == [#"{"tweet_id":"7","gone":true}"#])
    }
}
