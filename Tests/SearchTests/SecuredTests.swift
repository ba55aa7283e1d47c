import HTTPClient
import JSON
import TestSupport
import Testing

@testable import Sinks

/// Who asks, in an engine that wants to know.
@Suite(.needs(.securedElasticsearch), .timeLimit(.minutes(15)))
struct SecuredTests {
    private let admin = SearchConnection(
        credentials: .basic(username: "elastic", password: Secret(SearchPeer.password))
    )

    @Test func aUserWithThePasswordSetsUp() async throws {
        let engine = try await Engine(.securedElasticsearch, admin)
        let made = try engine.setup().prepare()
        #expect(made.isNew && made.version.major >= 7)
        #expect(try engine.setup().prepare().identity == made.identity)
        let rebuild = try engine.setup().beginRebuild()
        #expect(try engine.setup().finishRebuild(rebuild, documents: 0...0).kept == [made.index])
    }

    @Test(arguments: [
        SearchConnection.Credentials.none, .basic(username: "elastic", password: Secret("wrong-canary-77e1")),
        .apiKey(Secret("d3Jvbmcta2V5Ondyb25nLWtleS13cm9uZw==")),
    ]) func anyoneElseIsToldWhatToSet(credentials: SearchConnection.Credentials) async throws {
        let engine = try await Engine(.securedElasticsearch, SearchConnection(credentials: credentials))
        let error = refusal { _ = try engine.setup().prepare() }
        #expect(error?.code == .unavailable)
        let message = error?.message ?? ""
        #expect(message.contains("status 401") && message.contains("REPRISE_SEARCH_API_KEY"), "\(message)")
        #expect(!message.contains("canary-77e1") && !message.contains("d3Jvbmct"), "\(message)")
    }

    /// The distribution beside the shared data lacks the filter that Elasticsearch's own index of keys wants, so it makes none;
    /// what a key's header looks like is checked without it too.
    @Test func aKeySetsUpWhatItIsFor() async throws {
        let engine = try await Engine(.securedElasticsearch, admin)
        let body: JSONTree = [
            "name": "reprise",
            "role_descriptors": [
                "reprise": [
                    "cluster": ["monitor", "manage_index_templates"],
                    "index": [["names": [.string("\(engine.alias)*")], "privileges": ["manage", "write", "read"]]],
                ]
            ],
        ]
        let reply = try engine.client.send("POST", "/_security/api_key", body: body.bytes)
        guard let key = reply.json?["encoded"]?.text else {
            #expect(reply.errorText.contains("Unknown filter type [pattern_capture]"), "\(reply.errorText)")
            return
        }
        let connection = SearchConnection(credentials: .apiKey(Secret(key)))
        let keyed = try await Engine(.securedElasticsearch, alias: engine.alias, connection)
        #expect(try keyed.setup().prepare().isNew)
        let other = try await Engine(.securedElasticsearch, connection)
        let message = refusal { _ = try other.setup().prepare() }?.message ?? ""
        #expect(message.contains("status 403") && message.contains("the index privilege"), "\(message)")
    }
}
