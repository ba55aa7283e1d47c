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

    /// What is needed to look a hidden post up again is there, and in no document.
    @Test(arguments: [true, false]) func howAHiddenPostWasSeenIsKept(isFirstTagged: Bool) throws {
        let post =
            #"{"id":"7","text":"secret","author_id":"5","referenced_tweets":[{"type":"retweeted","id":"4"}],"withheld":{}}"#
        let rules = #"[{"id":"1"\#(isFirstTagged ? #","tag":"a\"b""# : "")},{"id":"2","tag":"c"}]"#
        let line = Array(#"{"data":\#(post),"matching_rules":\#(rules)}"#.utf8)
        let batch = DocumentBatch(byteCapacity: 0)
        let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
        for number in 0..<300 {
            padded.withUnsafeBytes { bytes in
                let record = UnsafeRawBufferPointer(rebasing: bytes[0..<line.count])
                _ = DefaultTransform().transform(
                    record,
                    offset: UInt64(number),
                    arrival: someArrival,
                    ordinal: 0,
                    into: batch
                )
            }
        }
        let copy = batch.fittingCopy()
        for document in copy.documents {
            let hidden = try #require(document.hidden)
            #expect(copy.json(of: document) == #"{"tweet_id":"7","gone":true}"# && document.category == nil)
            let tags = hidden.categories.map { String(decoding: copy.bytes($0), as: UTF8.self) }
            #expect(tags == (isFirstTagged ? #"["a\"b","c"]"# : #"["c"]"#) && hidden.hasCategory == isFirstTagged)
            #expect(hidden.authorID.map { copy.string($0) } == "5")
            #expect(hidden.postKind == .repost && hidden.repostedID == 4)
        }
        #expect(copy.documents.count == 300)
        // A lookup's question has all that.
        let answer = lookUp(#"{"data":[{"id":"1","withheld":{}}]}"#, asked: question(1)).batch
        #expect(answer.stones == ["1"] && answer.documents[0].hidden == nil)
    }
}
