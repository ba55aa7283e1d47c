import Foundation
import TestSupport
import Testing
import Time

@testable import Simulator

/// What X's clients rely on beside posts and rules.
@Suite(.timeLimit(.minutes(20)))
struct ContractTests {
    private static let bad = [
        "/2/tweets/search/stream?tweet.fields=bogus", "/2/tweets/search/stream?post.fields=text",
        "/2/tweets/search/stream?expansions=author", "/2/tweets/search/stream?user.fields=nick",
        "/2/tweets?ids=1&tweet.fields=referenced_posts", "/2/tweets?ids=1&post.fields=author_id",
        "/2/tweets?ids=1&post.fields=text&expansions=referenced_tweets.id", "/2/tweets?ids=1&fields=text",
        "/2/tweets/1?ids=1", "/2/tweets/x1", "/2/usage/tweets?usage.fields=x", "/2/connections?status=open",
        "/2/tweets/search/stream/rules?dry_run=true",
    ]

    @Test(arguments: bad) func namesThatXDoesNotKnowAreRefusedWithTheReason(_ target: String) throws {
        let fixture = try LookupFixture(streaming: 0)
        let (status, _, object) = try fixture.simulator.ask(target)
        #expect(status == 400, "\(object)")
        let error = try #require((object["errors"] as? [[String: Any]])?.first)
        #expect((error["message"] as? String)?.contains("[") == true && error["parameters"] != nil)
        #expect(object["title"] as? String == "Invalid Request")
    }

    @Test func nothingIsChargedForARefusedLookup() throws {
        let fixture = try LookupFixture(streaming: 5)
        let before = try fixture.usage.returnedCount
        #expect(try fixture.lookUp(fixture.ids, query: "tweet.fields=bogus").status == 400)
        #expect(try fixture.usage.returnedCount == before)
    }

    @Test(.needs(.openAPI)) func theNamesAreThoseOfTheDescription() throws {
        let whole = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: SharedData.openAPI.path)))
                as? [String: Any]
        )
        let shared = (whole["components"] as? [String: Any])?["parameters"] as? [String: [String: Any]] ?? [:]
        func names(_ path: String, _ name: String) throws -> [String] {
            let operation = ((whole["paths"] as? [String: Any])?[path] as? [String: Any])?["get"] as? [String: Any]
            let all = (operation?["parameters"] as? [[String: Any]] ?? []).map { parameter in
                (parameter["$ref"] as? String).flatMap { shared[String($0.split(separator: "/").last ?? "")] }
                    ?? parameter
            }
            let schema = all.first { $0["name"] as? String == name }?["schema"] as? [String: Any]
            return try #require((schema?["items"] as? [String: Any])?["enum"] as? [String])
        }
        let stream = "/2/tweets/search/stream"
        for (path, name, ours) in [
            (stream, "tweet.fields", FieldNames.tweet), (stream, "expansions", FieldNames.tweetExpansions),
            (stream, "user.fields", FieldNames.streamUser), (stream, "media.fields", FieldNames.media),
            (stream, "poll.fields", FieldNames.poll), (stream, "place.fields", FieldNames.place),
            ("/2/tweets", "post.fields", FieldNames.post), ("/2/tweets", "expansions", FieldNames.postExpansions),
            ("/2/tweets", "user.fields", FieldNames.lookupUser), ("/2/usage/tweets", "usage.fields", FieldNames.usage),
            ("/2/connections", "connection.fields", FieldNames.connection),
            ("/2/connections", "endpoints", FieldNames.streams),
        ] { #expect(try names(path, name) == ours, "\(path) \(name)") }
    }

    @Test func expansionsBringUsersMediaAndReferencedPosts() throws {
        let fixture = try SimulatorFixture()
        let connection = try #require(RawConnection(port: fixture.simulator.port))
        let expansions = "author_id,attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id"
        connection.request(
            "\(SimulatorFixture.streamPath)?expansions=\(expansions)&user.fields=public_metrics&media.fields=url,width"
        )
        connection.read { $0.count > 200_000 }
        var references = 0
        for line in wholeLines(connection.content) {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            let post = try #require(object["data"] as? [String: Any])
            let includes = try #require(object["includes"] as? [String: [[String: Any]]])
            let users = Set((includes["users"] ?? []).compactMap { $0["id"] as? String })
            #expect(users.contains(try #require(post["author_id"] as? String)))
            #expect(includes["users"]?.allSatisfy { $0["username"] != nil && $0["public_metrics"] != nil } == true)
            let keys = (post["attachments"] as? [String: Any])?["media_keys"] as? [String] ?? []
            let media = Set((includes["media"] ?? []).compactMap { $0["media_key"] as? String })
            #expect(media == Set(keys))
            let referred = (post["referenced_tweets"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
            #expect(Set((includes["tweets"] ?? []).compactMap { $0["id"] as? String }) == Set(referred))
            #expect((includes["tweets"] ?? []).allSatisfy { users.contains($0["author_id"] as? String ?? "") })
            references += referred.count
        }
        #expect(references > 20)
    }

    @Test func theNewSpellingHasAuthorReferencesAndHistoryAsExpansions() throws {
        let fixture = try LookupFixture(streaming: 50)
        let bare = try fixture.lookUp(fixture.ids, query: "post.fields=public_metrics").object.posts
        #expect(bare.count == 50 && bare.allSatisfy { Set($0.keys) == ["id", "text", "public_metrics"] })
        let expansions = "author_id,referenced_posts,edit_history_post_ids"
        let whole = try fixture.lookUp(fixture.ids, query: "post.fields=text&expansions=\(expansions)").object
        #expect(whole.posts.allSatisfy { $0["author_id"] != nil && $0["edit_history_post_ids"] != nil })
        #expect(whole.posts.contains { $0["referenced_posts"] != nil })
        let includes = try #require(whole["includes"] as? [String: [[String: Any]]])
        #expect(includes["users"]?.isEmpty == false && includes["posts"]?.isEmpty == false)
        #expect(includes["tweets"] == nil)
    }

    @Test func metricsHaveTheOldAndTheNewNameOfReposts() throws {
        let fixture = try LookupFixture(streaming: 20)
        let streamed = fixture.streamed.compactMap { $0["public_metrics"] as? [String: Int] }
        #expect(streamed.count == 20 && streamed.allSatisfy { $0["repost_count"] == $0["retweet_count"] })
        #expect(streamed.allSatisfy { $0["repost_count"] != nil })
    }

    @Test func onePostIsLookedUpByItsOwnAddress() throws {
        let fixture = try LookupFixture(streaming: 3) { $1.fates.deletedPerMille = 1_000 }
        let id = fixture.ids[1]
        let found = try fixture.simulator.ask("/2/tweets/\(id)?tweet.fields=author_id&expansions=author_id")
        #expect(found.status == 200 && (found.object["data"] as? [String: Any])?["id"] as? String == String(id))
        #expect(found.object["includes"] != nil)
        fixture.clock.advance(by: .seconds(90 * 86_400))
        let gone = try fixture.simulator.ask("/2/tweets/\(id)")
        #expect(gone.status == 200 && gone.object["data"] == nil)
        #expect(gone.object.problems.first?["parameter"] as? String == "id")
    }

    @Test func connectionsAreListedAndEnded() throws {
        let fixture = try SimulatorFixture {
            $0.rate = .perSecond(100)
            $0.connectionCount = 3
        }
        let streams = try (0..<3).map { _ in try fixture.connect() }
        let all = "connection.fields=client_ip,connected_at,disconnect_reason,disconnected_at,endpoint_name,id"
        func list(_ query: String) throws -> [[String: Any]] {
            try fixture.ask("/2/connections?\(query)&\(all)").object["data"] as? [[String: Any]] ?? []
        }
        func end(_ path: String, _ body: String? = nil) throws -> [String: Any] {
            let answer = try fixture.ask("/2/connections\(path)", method: "DELETE", body: body)
            #expect(answer.status == 200)
            return try #require(answer.object["data"] as? [String: Any])
        }
        let open = try list("status=active")
        #expect(open.count == 3 && open.allSatisfy { $0["endpoint_name"] as? String == "filtered_stream" })
        #expect(open.allSatisfy { $0["client_ip"] as? String == "127.0.0.1" && $0["disconnected_at"] == nil })
        #expect(try list("status=active&endpoints=sample_stream").isEmpty)
        let first = try #require(open.last?["id"] as? String)
        let listed = try end("", #"{"uuids":["\#(first)","nobody"]}"#)
        #expect(listed["successful_kills"] as? Int == 1 && listed["failed_kills"] as? Int == 1)
        #expect(try list("status=inactive").first?["disconnect_reason"] as? String == "operator_disconnect")
        #expect(try end("/filtered_stream")["successful_kills"] as? Int == 2)
        #expect(try end("/all")["successful_kills"] as? Int == 0)
        for stream in streams { stream.read(for: .seconds(10)) { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) } }
        #expect(try list("status=all").count == 3 && list("status=active").isEmpty)
        #expect(try fixture.ask("/2/connections/nothing", method: "DELETE").status == 400)
        #expect(try fixture.ask("/2/connections", method: "DELETE", body: #"{"uuids":[]}"#).status == 400)
    }
}
