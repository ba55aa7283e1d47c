import Foundation
import TestSupport
import Testing
import Time

@testable import Simulator

@Suite(.timeLimit(.minutes(20)))
struct LookupTests {
    private func counts(_ post: [String: Any]) -> SimulatedPost.Counts? {
        guard let metrics = post["public_metrics"] as? [String: Int] else { return nil }
        func count(_ name: String) -> Int { metrics[name + "_count"] ?? -1 }
        return SimulatedPost.Counts(
            likes: count("like"),
            reposts: count("retweet"),
            replies: count("reply"),
            quotes: count("quote"),
            bookmarks: count("bookmark"),
            impressions: count("impression")
        )
    }

    @Test func aPostIsAsTheStreamHadItButForItsCounts() throws {
        let fixture = try LookupFixture(streaming: 2_000)
        let creation = fixture.clock.clock.now
        fixture.clock.advance(by: .seconds(86_400))
        var grownCount = 0
        for start in stride(from: 0, to: 2_000, by: 100) {
            let streamed = fixture.streamed[start..<(start + 100)]
            let answer = try fixture.lookUp(fixture.ids[start..<(start + 100)])
            #expect(answer.status == 200)
            #expect(answer.object["errors"] == nil)
            let posts = answer.object.posts
            #expect(posts.count == 100)
            for (before, after) in zip(streamed, posts) {
                let id = try #require(UInt64(after["id"] as? String ?? ""))
                var (old, new) = (before, after)
                old["public_metrics"] = nil
                new["public_metrics"] = nil
                #expect(NSDictionary(dictionary: old) == NSDictionary(dictionary: new))
                let truth = try #require(try fixture.truth.post(id, at: fixture.clock.clock.now))
                #expect(counts(after) == truth.counts)
                #expect(counts(before) == (try fixture.truth.post(id, at: creation))?.counts)
                if counts(after) != counts(before) { grownCount += 1 }
            }
        }
        #expect(grownCount > 500)
    }

    @Test func onlyWhatIsAskedForComesAndWithoutRules() throws {
        let fixture = try LookupFixture(streaming: 10)
        let answer = try fixture.lookUp(fixture.ids.prefix(3), query: "tweet.fields=lang")
        #expect(answer.object.posts.count == 3)
        for post in answer.object.posts {
            #expect(Set(post.keys) == ["id", "text", "edit_history_tweet_ids", "lang"])
        }
        #expect(answer.object["matching_rules"] == nil)
    }

    @Test func anOriginalThatWasNeverStreamedIsKnownByItsReposts() throws {
        let fixture = try LookupFixture(streaming: 300)
        let streamed = Set(fixture.ids)
        let reposts = fixture.streamed.filter { ($0["text"] as? String)?.hasPrefix("RT @") ?? false }
        var foundCount = 0
        for repost in reposts {
            let reference = try #require((repost["referenced_tweets"] as? [[String: String]])?.first)
            let id = try #require(UInt64(reference["id"] ?? ""))
            guard !streamed.contains(id) else { continue }
            let post = try #require(try fixture.lookUp([id]).object.posts.first)
            let text = try #require((repost["text"] as? String)?.split(separator: ": ", maxSplits: 1).last)
            #expect((post["text"] as? String)?.hasPrefix(text.prefix(20)) == true)
            foundCount += 1
        }
        #expect(foundCount > 10)
    }

    @Test func expandedReferencesComeBesideThePosts() throws {
        let fixture = try LookupFixture(streaming: 200)
        let answer = try fixture.lookUp(fixture.ids.prefix(100), query: "expansions=referenced_tweets.id")
        let wanted = Set(
            answer.object.posts.flatMap {
                ($0["referenced_tweets"] as? [[String: String]] ?? []).compactMap { $0["id"] }
            }
        )
        let includes = (answer.object["includes"] as? [String: Any])?["tweets"] as? [[String: Any]]
        #expect(wanted.count > 20)
        #expect(Set(includes?.compactMap { $0["id"] as? String } ?? []) == wanted)
    }

    @Test func anUnknownIdIsNotFoundAndNothingFoundMeansNoData() throws {
        let fixture = try LookupFixture(streaming: 1)
        let answer = try fixture.lookUp([42])
        #expect(answer.status == 200)
        #expect(answer.object["data"] == nil)
        let problem = try #require(answer.object.problems.first as? [String: String])
        #expect(
            problem == [
                "resource_id": "42", "resource_type": "tweet", "parameter": "ids", "value": "42",
                "title": "Not Found Error", "detail": "Could not find tweet with ids: [42].",
                "type": "https://api.x.com/2/problems/resource-not-found",
            ]
        )
    }

    @Test func repeatedIdsComeOnce() throws {
        let fixture = try LookupFixture(streaming: 1)
        let id = fixture.ids[0]
        let answer = try fixture.lookUp([id, id, 42, 42])
        #expect(answer.object.posts.count == 1)
        #expect(answer.object.problems.count == 1)
    }

    @Test(arguments: ["", "ids=", "ids=abc", "ids=1,,2", "ids=-5", "ids=12345678901234567890"])
    func whatAreNoIdsIsRefused(_ query: String) throws {
        let fixture = try LookupFixture(streaming: 0)
        let answer = try fixture.simulator.ask("/2/tweets?\(query)")
        #expect(answer.status == 400)
        #expect(answer.object["type"] as? String == "https://api.x.com/2/problems/invalid-request")
    }

    @Test func aHundredIdsAreAllowedAndNotOneMore() throws {
        let fixture = try LookupFixture(streaming: 0)
        #expect(try fixture.lookUp(1...100).status == 200)
        #expect(try fixture.lookUp(1...101).status == 400)
    }

    @Test func theHeadSaysLimitsAndTheClocksTime() throws {
        let fixture = try LookupFixture(streaming: 0)
        fixture.clock.set(SimulatorConfiguration.defaultStart + .seconds(58 * 86_400 + 3_661))
        let head = try fixture.lookUp([1]).head
        #expect(head.contains("x-rate-limit-limit: 3500\r\n"))
        #expect(head.contains("x-rate-limit-remaining: 3499\r\n"))
        #expect(head.contains("Date: Sat, 28 Feb 2026 01:01:01 GMT\r\n"))
        #expect(head.components(separatedBy: "Date: ").count == 2)
    }

    @Test func withoutLookupsThereAreNone() throws {
        let fixture = try SimulatorFixture()
        let connection = try #require(RawConnection(port: fixture.simulator.port))
        connection.request("/2/tweets?ids=1", headers: ["Connection: close"])
        connection.read()
        #expect(connection.status == 404)
        #expect(fixture.simulator.truth == nil)
    }

    @Test func lookupsChangeNothingOnTheStreamButTheCounts() throws {
        func bytes(_ lookups: LookupSettings?) throws -> [UInt8] {
            let fixture = try SimulatorFixture { $0.lookups = lookups }
            let connection = try #require(RawConnection(port: fixture.simulator.port))
            connection.request(
                "\(SimulatorFixture.streamPath)?tweet.fields=lang,author_id,referenced_tweets,attachments"
            )
            connection.read { $0.count > 400_000 }
            return Array(connection.content.prefix(350_000))
        }
        var settings = LookupSettings()
        settings.fates = .none
        let plain = try bytes(nil)
        #expect(plain.count == 350_000)
        #expect(try bytes(settings) == plain)
    }
}
