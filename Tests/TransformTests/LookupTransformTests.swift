import Testing
import Time

@testable import Transform

/// What the answer to a lookup says of the posts that were asked for.
@Suite struct LookupTransformTests {
    private static let problems = "https://api.x.com/2/problems/"

    private func problem(_ type: String, _ id: UInt64, _ more: String = "") -> String {
        #"{"value":"\#(id)","resource_id":"\#(id)","resource_type":"tweet","title":"t","detail":"d","#
            + #""type":"\#(Self.problems)\#(type)"\#(more)}"#
    }

    private static let old =
        #"{"id":"1","text":"a","edit_history_tweet_ids":["1"],"referenced_tweets":[{"type":"retweeted","id":"9"}],"#
        + #""public_metrics":{"retweet_count":1,"reply_count":2,"like_count":3,"quote_count":4}}"#
    private static let new =
        #"{"id":"1","text":"a","edit_history_post_ids":["1"],"referenced_posts":[{"type":"reposted","id":"9"}],"#
        + #""public_metrics":{"repost_count":1,"reply_count":2,"like_count":3,"quote_count":4}}"#

    @Test func bothSpellingsGiveTheSameDocument() {
        let texts = [Self.old, Self.new].map { lookUp(#"{"data":[\#($0)]}"#, asked: question(1)).batch.texts }
        #expect(texts[0] == texts[1])
        #expect(
            texts[0] == [
                #"{"tweet_id":"1","retweets":1,"replies":2,"likes":3,"category":"cats","#
                    + #""timestamp":\#((someArrival - .seconds(900)).milliseconds),"quotes":4,"categories":["cats"],"#
                    + #""observed_at":"\#(someArrival.rfc3339)","text":"a","kind":"repost"}"#
            ]
        )
    }

    @Test func postsAndTombstonesComeOfOneAnswer() {
        let answer =
            #"{"errors":[\#(problem("resource-not-found", 2, #","parameter":"ids""#)),"#
            + problem("not-authorized-for-resource", 3, #","parameter":"ids","section":"data""#)
            + #"],"data":[\#(Self.old)]}"#
        let (outcome, batch) = lookUp(answer, asked: question(1, 2, 3, 4))
        #expect(outcome == .yielded(3))
        // Of the fourth nothing is said, so nothing is known.
        #expect(batch.posts == ["1"] && batch.stones == ["2", "3"])
        #expect(batch.documents.map(\.ordinal) == [0, 1, 2])
    }

    @Test(arguments: [
        ("not-authorized-for-field", ""), ("resource-unavailable", ""), ("invalid-request", ""),
        ("resource-not-found", #","section":"includes","parameter":"ids""#),
        ("not-authorized-for-resource", #","section":"includes","parameter":"referenced_tweets.id""#),
        ("resource-not-found", #","parameter":"referenced_tweets.id""#),
    ]) func whatIsNoProblemOfThePostItselfLeavesItThere(type: String, more: String) {
        let (outcome, batch) = lookUp(#"{"errors":[\#(problem(type, 1, more))]}"#, asked: question(1))
        #expect(outcome == .dropped(.nothing) && batch.isEmpty)
    }

    @Test func theProblemsOldAddressCountsToo() {
        let old = #"{"resource_id":"1","type":"https://api.twitter.com/2/problems/resource-not-found"}"#
        #expect(lookUp(#"{"errors":[\#(old)]}"#, asked: question(1)).batch.stones == ["1"])
    }

    @Test func whatNobodyAskedForGivesNothing() {
        let answer =
            #"{"data":[\#(Self.old)],"errors":[\#(problem("resource-not-found", 2))],"includes":{"tweets":[\#(Self.old)]}}"#
        #expect(lookUp(answer, asked: question(5)).outcome == .dropped(.nothing))
    }

    @Test func aWithheldPostIsHidden() {
        let post = #"{"id":"1","text":"a","withheld":{"copyright":false,"country_codes":["DE"]}}"#
        let (outcome, batch) = lookUp(#"{"data":[\#(post)]}"#, asked: question(1))
        #expect(outcome == .yielded(1) && batch.stones == ["1"] && !batch.documents[0].isSuperseded)
    }

    @Test func whatXCouldNotFillInWipesNothingOut() {
        for post in [
            #"{"id":"1","text":"a"}"#, #"{"id":"1",\#(Self.counts)}"#,
            #"{"id":"1","edit_history_tweet_ids":["0","1"]}"#,
        ] {
            let problem = #"{"type":"https://api.x.com/2/problems/field-hydration-failure","resource_id":"1"}"#
            let answer = #"{"data":[\#(post)],"errors":[\#(problem)]}"#
            #expect(lookUp(answer, asked: question(1)).outcome == .dropped(.nothing), "\(post)")
        }
    }

    private static let counts = #""public_metrics":{"like_count":3}"#

    @Test func theVersionsBeforeTheNewestAreSuperseded() {
        let post = #"{"id":"3","text":"a",\#(Self.counts),"edit_history_tweet_ids":["1","2","3"]}"#
        // X may answer with the newest version where an older one was asked for.
        for asked in [question(3), question(1), question(2, 3)] {
            let batch = lookUp(#"{"data":[\#(post)]}"#, asked: asked).batch
            #expect(batch.posts == ["3"] && batch.stones == ["1", "2"])
            #expect(batch.documents.filter(\.isSuperseded).count == 2)
        }
        let older = #"{"id":"2","text":"a",\#(Self.counts),"edit_history_tweet_ids":["1","2","3"]}"#
        let batch = lookUp(#"{"data":[\#(older)]}"#, asked: question(2)).batch
        #expect(batch.posts.isEmpty && batch.stones == ["1", "2"])
        #expect(batch.documents.allSatisfy { $0.isSuperseded })
    }

    @Test func aWithheldNewestVersionHidesTheWholeChain() {
        let post = #"{"id":"2","text":"a","edit_history_tweet_ids":["1","2"],"withheld":{}}"#
        let batch = lookUp(#"{"data":[\#(post)]}"#, asked: question(1)).batch
        #expect(batch.stones == ["2", "1"] && batch.documents.map(\.isSuperseded) == [false, true])
    }

    @Test func whatCannotBeReadFailsAndTakesNothingElseWithIt() {
        let good = #"{"id":"1","text":"a",\#(Self.counts)}"#
        #expect(lookUp(#"{"data":[\#(good)]}"#, asked: nil).outcome == .failed(.noQuestion))
        #expect(lookUp(#"{"data":[\#(good)"#, asked: question(1)).outcome == .failed(.malformed))
        #expect(lookUp(#"{"data":{}}"#, asked: question(1)).outcome == .failed(.wrongType))
        let stone = problem("resource-not-found", 2)
        for (bad, reason) in [
            (#"{"text":"a"}"#, FailReason.noID), (#"{"id":"x"}"#, .noID), (#"{"id":"3","text":7}"#, .wrongType),
            (#"{"id":"3","public_metrics":{"like_count":"many"}}"#, .wrongType), ("7", .wrongType),
        ] {
            for data in ["\(good),\(bad)", "\(bad),\(good)"] {
                let (outcome, batch) = lookUp(#"{"data":[\#(data)],"errors":[\#(stone)]}"#, asked: question(1, 2, 3))
                #expect(outcome == .failed(reason) && batch.posts == ["1"] && batch.stones == ["2"], "\(data)")
            }
        }
        #expect(lookUp("", asked: nil).outcome == .dropped(.keepAlive))
    }
}
