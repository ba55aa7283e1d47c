import Foundation
import HTTPClient
import Synchronization
import TestSupport
import Testing
import XAPI

/// The two spellings of what a request asks of posts.
@Suite(.timeLimit(.minutes(20)))
struct FieldsParameterTests {
    /// The names that X's description has for a parameter of an operation.
    private func described(_ path: String, _ name: String) throws -> Set<String> {
        let whole = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: SharedData.openAPI.path)))
                as? [String: Any]
        )
        let shared = (whole["components"] as? [String: Any])?["parameters"] as? [String: [String: Any]] ?? [:]
        let operation = ((whole["paths"] as? [String: Any])?[path] as? [String: Any])?["get"] as? [String: Any]
        let parameters = (operation?["parameters"] as? [[String: Any]] ?? []).map { parameter in
            (parameter["$ref"] as? String).flatMap { shared[String($0.split(separator: "/").last ?? "")] } ?? parameter
        }
        let found = try #require(parameters.first { $0["name"] as? String == name })
        let items = (found["schema"] as? [String: Any])?["items"] as? [String: Any]
        return Set(try #require(items?["enum"] as? [String]))
    }

    @Test(.needs(.openAPI)) func whatIsRequestedIsDescribedWhicheverSpellingItIsGivenIn() throws {
        let given =
            LookupRequest.defaultFields + [
                "referenced_posts", "edit_history_post_ids", "note_tweet", "note_post", "in_reply_to_user_id",
            ]
        let expansions = ["author_id", "referenced_tweets.id", "referenced_posts", "edit_history_tweet_ids"]
        for (parameter, path) in [(FieldsParameter.post, "/2/tweets"), (.tweet, "/2/tweets/search/stream")] {
            let spelled = parameter.spelled(fields: given, expansions: expansions)
            #expect(try Set(spelled.fields).subtracting(described(path, parameter.rawValue)).isEmpty)
            #expect(try Set(spelled.expansions).subtracting(described(path, "expansions")).isEmpty)
            #expect(Set(spelled.fields).count == spelled.fields.count)
            #expect(Set(spelled.expansions).count == spelled.expansions.count)
        }
    }

    @Test func fieldsBecomeExpansionsInTheNewSpellingAndOnlyThere() {
        let fields = ["author_id", "referenced_tweets", "edit_history_tweet_ids", "lang"]
        let post = FieldsParameter.post.spelled(fields: fields, expansions: [])
        #expect(post.fields == ["lang"])
        #expect(post.expansions == ["author_id", "referenced_posts", "edit_history_post_ids"])
        let tweet = FieldsParameter.tweet.spelled(
            fields: ["referenced_posts", "edit_history_post_ids"],
            expansions: ["referenced_posts"]
        )
        #expect(tweet.fields == ["referenced_tweets", "edit_history_tweet_ids"])
        #expect(tweet.expansions == ["referenced_tweets.id"])
    }

    @Test func aLookupBringsNoObjectsThatXMayBillUnlessRequested() throws {
        let url = LookupRequest(ids: [1]).httpRequest(.real, try BearerToken("abc")).url
        #expect(url.hasSuffix("&expansions=edit_history_post_ids") && url.contains("post.fields=public_metrics,"))
        let more = LookupRequest(ids: [1], fields: ["author_id", "text"]).httpRequest(.real, try BearerToken("abc")).url
        #expect(more.hasSuffix("post.fields=text&expansions=author_id"))
    }

    @Test func aParameterThatXDoesNotKnowIsReplacedByTheOtherOnce() throws {
        let requests = Mutex<[String]>([])
        let server = ScriptedServer { connection in
            requests.withLock { $0.append(String(connection.request.prefix { $0 != "\r" })) }
            guard connection.request.contains("post.fields=") else {
                return connection.answer(status: "200 OK", body: #"{"data":[]}"#)
            }
            connection.answer(
                status: "400 Bad Request",
                body:
                    #"{"errors":[{"parameters":{"post.fields":["text"]},"message":"The query parameter [post.fields] is not one of [ids,tweet.fields]"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.x.com/2/problems/invalid-request"}"#
            )
        }
        defer { server.stop() }
        let client = XAPIClient(
            endpoint: try XEndpoint(server.url),
            token: try BearerToken("canary-2d"),
            http: try HTTPClient(configuration: .init(userAgent: "tester/1")),
            timeout: .seconds(5)
        )
        for _ in 0..<2 { _ = try client.lookup(LookupRequest(ids: [1])) }
        let seen = requests.withLock { $0 }
        #expect(seen.map { $0.contains("post.fields=") } == [true, false, false])
        #expect(seen[1].contains("tweet.fields=") && seen[1].contains("edit_history_tweet_ids"))
    }
}
