import Foundation
import Simulator
import TestSupport
import Testing
import Time

/// The simulator's answers against the API's own description, `shared/xapi/openapi.json` beside the repository.
@Suite(.timeLimit(.minutes(20)), .needs(.openAPI))
struct SchemaTests {
    @Test func aStreamInTheNewSpellingHasOnlyDescribedNames() throws {
        let api = try APIDescription()
        let fixture = try SimulatorFixture { $0.spelling = .post }
        try check(fixture, against: api)
    }

    @Test func aStreamInTheOldSpellingDiffersInTheRenamedNamesOnly() throws {
        var api = try APIDescription()
        api.renamed = [
            "edit_history_tweet_ids": "edit_history_post_ids", "referenced_tweets": "referenced_posts",
            "retweet_count": "repost_count",
        ]
        try check(try SimulatorFixture(), against: api)
    }

    @Test func theRulesAnswersHaveOnlyDescribedNames() throws {
        let api = try APIDescription()
        let fixture = try SimulatorFixture()
        let list = try fixture.rules("?max_results=2").object
        #expect(try api.unknown(in: list, schema: "GetRulesResponse", extra: ["sent"]) == [])
        let counts = try fixture.ask(SimulatorFixture.streamPath + "/rules/counts").object
        #expect(try api.unknown(in: counts, schema: "GetRuleCountsResponse") == [])
        let added = try fixture.rules(method: "POST", body: ##"{"add":[{"value":"#fox","tag":"f"}]}"##).object
        #expect(try api.unknown(in: added, schema: "UpdateRulesResponse") == [])
        let deleted = try fixture.rules(method: "POST", body: #"{"delete":{"ids":["7"]}}"#).object
        #expect(try api.unknown(in: deleted, schema: "UpdateRulesResponse") == [])
        // Seen in live answers, but not described: which rule is the duplicate's original, and what is wrong with a rule.
        let refused = try fixture.rules(
            method: "POST",
            body: ##"{"add":[{"value":"#fox"},{"value":"has:images"}]}"##
        ).object
        #expect(try api.unknown(in: refused, schema: "UpdateRulesResponse", extra: ["id", "details"]) == [])
    }

    @Test func problemsHaveOnlyDescribedNames() throws {
        let api = try APIDescription()
        let fixture = try SimulatorFixture {
            $0.token = "t"
            $0.rules = []
        }
        let unauthorized = try fixture.ask(SimulatorFixture.streamPath).object
        #expect(try api.unknown(in: unauthorized, schema: "Problem") == [])
        let noRules = try fixture.ask(SimulatorFixture.streamPath, headers: ["Authorization: Bearer t"]).object
        // Described until version 2.166, and still sent.
        #expect(try api.unknown(in: noRules, schema: "Problem", extra: ["connection_issue"]) == [])
    }

    @Test(arguments: FieldSpelling.allCases) func lookupsHaveOnlyDescribedNames(_ spelling: FieldSpelling) throws {
        var api = try APIDescription()
        if spelling == .tweet {
            api.renamed = [
                "edit_history_tweet_ids": "edit_history_post_ids", "referenced_tweets": "referenced_posts",
                "retweet_count": "repost_count", "tweets": "posts",
            ]
        }
        let fixture = try LookupFixture(streaming: 500) {
            $0.spelling = spelling
            $1.fates.withheldPerMille = 500
            $1.fates.deletedPerMille = 200
            $1.fates.suspendedAuthorsPerMille = 100
            $1.unavailablePerMille = 50
        }
        fixture.clock.advance(by: .seconds(5 * 86_400))
        var names: Set<String> = []
        for start in stride(from: 0, to: 500, by: 100) {
            let expansions = "expansions=referenced_tweets.id&tweet.fields=\(LookupFixture.fields)"
            let object = try fixture.lookUp(fixture.ids[start..<(start + 100)], query: expansions).object
            #expect(try api.unknown(in: object, schema: "GetPostsByIdsResponse") == [])
            names.formUnion(object.posts.flatMap(\.keys) + object.keys)
            names.formUnion(object.problems.compactMap { $0["title"] as? String })
        }
        #expect(
            names.isSuperset(of: [
                "data", "includes", "errors", "withheld", "public_metrics", "Not Found Error", "Authorization Error",
                "Resource Unavailable",
            ])
        )
    }

    @Test func theUsageAnswerHasOnlyDescribedNames() throws {
        let api = try APIDescription()
        let fixture = try LookupFixture(streaming: 10)
        let fields = "cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage"
        let object = try fixture.simulator.ask("/2/usage/tweets?usage.fields=\(fields)").object
        #expect(try api.unknown(in: object, schema: "GetUsageResponse") == [])
        #expect((object["data"] as? [String: Any])?.count == 6)
    }

    @Test func theCheckFindsAWrongName() throws {
        let api = try APIDescription()
        let wrong: [String: Any] = ["data": [["id": "1", "valu": "x"]]]
        #expect(try api.unknown(in: wrong, schema: "GetRulesResponse") == ["data.valu"])
    }

    private func check(_ fixture: SimulatorFixture, against api: APIDescription) throws {
        let connection = try #require(RawConnection(port: fixture.simulator.port))
        let fields =
            "attachments,author_id,conversation_id,created_at,lang,paid_partnership,possibly_sensitive,public_metrics,"
            + "referenced_tweets,edit_history_tweet_ids"
        connection.request("\(SimulatorFixture.streamPath)?tweet.fields=\(fields)")
        connection.read { $0.count > 300_000 }
        for line in wholeLines(connection.content) {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            #expect(try api.unknown(in: object, schema: "StreamPostsResponse") == [])
        }
    }
}

/// X's description of its API, as far as names go.
struct APIDescription {
    private let schemas: [String: [String: Any]]
    /// Names that stand for others.
    var renamed: [String: String] = [:]

    init() throws {
        let whole =
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: SharedData.openAPI.path)))
            as? [String: Any]
        let components = whole?["components"] as? [String: Any]
        schemas = try #require(components?["schemas"] as? [String: [String: Any]])
    }

    /// The names in an answer that its schema does not have, as paths; `extra` are let pass everywhere.
    func unknown(in object: [String: Any], schema: String, extra: Set<String> = []) throws -> [String] {
        unknown(in: object, try #require(schemas[schema]), extra, path: "")
    }

    private func unknown(in value: Any, _ schema: [String: Any], _ extra: Set<String>, path: String) -> [String] {
        let schema = resolved(schema)
        if let list = value as? [Any] {
            let items = schema["items"] as? [String: Any] ?? [:]
            return Set(list.flatMap { unknown(in: $0, items, extra, path: path) }).sorted()
        }
        guard let object = value as? [String: Any] else { return [] }
        let properties = properties(of: schema)
        // A schema without properties leaves the names open.
        guard !properties.isEmpty else { return [] }
        return object.keys.sorted().flatMap { name -> [String] in
            guard !extra.contains(name) else { return [] }
            let place = path.isEmpty ? name : path + "." + name
            guard let inner = properties[renamed[name] ?? name] as? [String: Any] else { return [place] }
            return unknown(in: object[name] ?? "", inner, extra, path: place)
        }
    }

    private func resolved(_ schema: [String: Any]) -> [String: Any] {
        guard let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last else {
            return schema
        }
        return resolved(schemas[String(name)] ?? [:])
    }

    private func properties(of schema: [String: Any]) -> [String: Any] {
        var all = schema["properties"] as? [String: Any] ?? [:]
        for part in schema["oneOf"] as? [[String: Any]] ?? [] {
            all.merge(properties(of: resolved(part))) { old, _ in old }
        }
        return all
    }
}
