import Foundation
import JSON
import Synchronization
import TestSupport
import Testing
import Transform

@testable import Sinks

/// Preparing an alias in real engines.
@Suite(.needs(.opensearch, .elasticsearch), .timeLimit(.minutes(15)))
struct SetupTests {
    @Test(arguments: SearchPeer.open) func theFirstUseMakesEverythingAndLaterOnesFindIt(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let made = try engine.setup().prepare()
        #expect(made.isNew)
        #expect(made.index == "\(engine.alias)-000001")
        #expect(made.version.engine == engine.address.engine)
        #expect(made.identity == "\(peer.kind):\(made.uuid)")
        let found = try engine.setup().prepare()
        #expect(!found.isNew)
        #expect(found.uuid == made.uuid && found.index == made.index && found.version == made.version)

        let template = try engine.ask("GET", "/_index_template/reprise-\(engine.alias)")["index_templates"]?.elements
            .first?["index_template"]
        #expect(template?["_meta"]?["reprise"]?["transform"]?.text == DefaultTransform.digest)
        #expect(template?["index_patterns"]?.elements.first?.text == "\(engine.alias)-*")
        let index = try engine.ask("GET", "/\(engine.alias)")[made.index]
        #expect(index?["settings"]?["index"]?["number_of_shards"]?.text == "1")
        #expect(index?["settings"]?["index"]?["refresh_interval"]?.text == "5s")
    }

    @Test(arguments: SearchPeer.open) func theDefaultDocumentFitsWithAllItsFields(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        _ = try engine.setup().prepare()
        let document = try fullDocument()
        let fields = try #require(JSONValue.parse(Array(document.json.utf8))).members.map(\.name)
        #expect(Set(fields) == Set(SearchMapping.fields.map(\.name)).subtracting(["gone"]))
        let reply = try engine.client.send(
            "PUT",
            "/\(engine.alias)/_doc/42?version=\(document.version)&version_type=external&refresh=true",
            body: Array(document.json.utf8)
        )
        #expect(reply.status == 201, "\(reply.errorText)")
        // Times are times, also the one with microseconds, and counts are numbers.
        for query: JSONTree in [
            ["range": ["observed_at": ["gte": "2026-05-28T20:26:40.123Z", "lt": "2026-05-28T20:26:40.124Z"]]],
            ["range": ["timestamp": ["gte": 1_780_000_000_123, "lte": 1_780_000_000_123]]],
            ["range": ["created_at": ["gte": "2026-05-28", "lt": "2026-05-29"]]],
            ["range": ["likes": ["gt": 2]]], ["term": ["categories": "pets"]], ["match": ["text": "CAT"]],
        ] {
            let found = try engine.ask("POST", "/\(engine.alias)/_search", ["query": query])
            let hit = found["hits"]?["hits"]?.elements.first
            #expect(hit?["_source"]?["observed_at"]?.text == "2026-05-28T20:26:40.123456Z", "\(query.text)")
        }
    }

    @Test(arguments: SearchPeer.open) func anUnknownFieldIsRefusedAndAStubIsHidden(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let target = try engine.setup().prepare()
        let unknown = try engine.client.send("PUT", "/\(engine.alias)/_doc/1", body: Array(#"{"colour":"red"}"#.utf8))
        #expect(unknown.status == 400)
        #expect(unknown.errorText.contains("strict_dynamic_mapping_exception"))
        try engine.ask("PUT", "/\(engine.alias)/_doc/1", ["tweet_id": "1", "likes": 3])
        try engine.ask("PUT", "/\(engine.alias)/_doc/2", ["tweet_id": "2", "gone": true])
        #expect(try engine.count(engine.alias) == 1)
        #expect(try engine.count(target.index) == 2)
    }

    @Test(arguments: SearchPeer.open) func anotherTransformIsRefused(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        _ = try engine.setup(digest: "00000000000000aa").prepare()
        let before = try engine.state()
        let error = refusal { _ = try engine.setup(digest: "00000000000000bb").prepare() }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("transform: 00000000000000aa, wanted 00000000000000bb.") == true)
        #expect(error?.message.contains("--rebuild") == true)
        #expect(try engine.state() == before)
    }

    @Test(arguments: SearchPeer.open) func anotherMappingIsRefusedFieldByField(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let index = "\(engine.alias)-000001"
        try engine.ask(
            "PUT",
            "/\(index)",
            [
                "mappings": [
                    "_meta": ["reprise": ["transform": .string(DefaultTransform.digest), "mapping": 0]],
                    "properties": [
                        "tweet_id": ["type": "keyword"], "likes": ["type": "integer"], "cat": ["type": "text"],
                    ],
                ],
                "aliases": [engine.alias: [:]],
            ]
        )
        let message = try #require(refusal { _ = try engine.setup().prepare() }?.message)
        for part in [
            "mapping version: 0, wanted 1", "dynamic: missing, wanted strict", "field likes: integer, wanted long",
            "field retweets: missing, wanted long", "field cat: text, not wanted",
            "the alias's filter: missing, wanted {",
            #"field timestamp: missing, wanted {"format":"epoch_millis","type":"date"}"#,
        ] { #expect(message.contains(part), "\(part) in \(message)") }
        #expect(!message.contains("tweet_id"))
    }

    @Test(arguments: SearchPeer.open) func whatIsNotOursIsNeverTouched(peer: SearchPeer) async throws {
        func check(_ expected: String, _ make: (Engine) throws -> Void) async throws {
            let engine = try await Engine(peer)
            try make(engine)
            let before = try engine.state()
            for attempt in [
                refusal { _ = try engine.setup().prepare() }, refusal { _ = try engine.setup().beginRebuild() },
            ] {
                #expect(attempt?.code == .refused)
                #expect(attempt?.message.contains(expected) == true, "\(attempt?.message ?? "taken")")
            }
            #expect(try engine.state() == before)
        }
        try await check("is an index itself") { try $0.ask("PUT", "/\($0.alias)", [:]) }
        try await check("which Reprise has not made") {
            try $0.ask("PUT", "/\($0.alias)-000001", ["aliases": [$0.alias: [:]]])
        }
        try await check("without a write index") {
            for number in 1...2 {
                try $0.ask("PUT", "/\($0.alias)-00000\(number)", ["aliases": [$0.alias: [:]]])
            }
        }
    }

    @Test(arguments: SearchPeer.open) func anIndexWithoutItsAliasIsLeftToARebuild(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        try engine.ask("PUT", "/\(engine.alias)-000001", [:])
        let error = refusal { _ = try engine.setup().prepare() }
        #expect(error?.message.contains("but not the alias") == true, "\(error?.message ?? "taken")")
        let rebuild = try engine.setup().beginRebuild()
        #expect(rebuild.index == "\(engine.alias)-000002" && rebuild.previous == nil)
        #expect(try engine.setup().finishRebuild(rebuild, documents: 0...0).kept == [])
        #expect(try engine.setup().prepare().uuid == rebuild.uuid)
    }

    @Test(arguments: SearchPeer.open) func manyAtTheSameTimeAllSucceed(peer: SearchPeer) async throws {
        let address = try await Engine(peer).address
        let results = Mutex<[Result<SearchTarget, any Error>]>([])
        let threads = (0..<6).map { _ in
            startThread {
                let result = Result {
                    try Engine(address.engine, url: address.url, alias: address.alias).setup().prepare()
                }
                results.withLock { $0.append(result) }
            }
        }
        #expect(threads.allSatisfy { $0.join(seconds: 60) })
        let targets = try results.withLock { $0 }.map { try $0.get() }
        #expect(targets.count == 6)
        #expect(targets.count(where: \.isNew) == 1)
        #expect(Set(targets.map(\.uuid)).count == 1)
    }

    @Test(arguments: SearchPeer.open) func anAliasMayBeginLikeAnother(peer: SearchPeer) async throws {
        let short = try await Engine(peer)
        let long = try await Engine(peer, alias: short.alias + "-live")
        // The longer one first and last: each pattern matches indices of the other.
        #expect(try long.setup(digest: "00000000000000aa").prepare().isNew)
        #expect(try short.setup(digest: "00000000000000bb").prepare().isNew)
        #expect(try !long.setup(digest: "00000000000000aa").prepare().isNew)
        #expect(try short.setup(digest: "00000000000000bb").beginRebuild().index == "\(short.alias)-000002")
        #expect(try long.setup(digest: "00000000000000aa").beginRebuild().index == "\(long.alias)-000002")
    }
}
