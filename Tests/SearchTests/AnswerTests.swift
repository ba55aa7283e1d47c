import HTTPClient
import TestSupport
import Testing

@testable import Sinks

/// What the setup makes of answers that the engines at hand do not give.
@Suite(.timeLimit(.minutes(20)))
struct AnswerTests {
    private func version(
        _ engine: SearchEngine,
        _ answers: [String: (status: Int, body: String)]
    ) throws -> SearchVersion {
        let scripted = ScriptedEngine(answers)
        return try Engine(engine, url: scripted.server.url).setup().engineVersion()
    }

    @Test(arguments: [
        (SearchEngine.elasticsearch, "7.10.2", ""), (.elasticsearch, "9.0.0-beta1", ""),
        (.opensearch, "1.3.20", #""distribution":"opensearch","#),
        (.opensearch, "3.1.0", #""distribution":"opensearch","#),
    ]) func theMainPageTellsProductAndVersion(engine: SearchEngine, number: String, extra: String) throws {
        let found = try version(engine, ["GET /": (200, #"{"version":{\#(extra)"number":"\#(number)"}}"#)])
        #expect(found.engine == engine && found.number == number)
    }

    @Test func whereThereIsNoMainPageTheNodesTell() throws {
        let nodes = (200, #"{"nodes":{"a":{"version":"8.19.8"}}}"#)
        #expect(
            try version(.elasticsearch, ["GET /": (405, "{}"), ScriptedEngine.nodes: nodes]).description
                == "Elasticsearch 8.19.8"
        )
    }

    @Test func anOpenSearchInDisguiseIsKnown() throws {
        let root = (
            200, #"{"version":{"number":"7.10.2"},"tagline":"The OpenSearch Project: https://opensearch.org/"}"#
        )
        let nodes = (200, #"{"nodes":{"a":{"version":"1.3.20"}}}"#)
        #expect(
            try version(.opensearch, ["GET /": root, ScriptedEngine.nodes: nodes]).description == "OpenSearch 1.3.20"
        )
    }

    @Test func anotherProductOrVersionIsRefusedWithWhatToWrite() throws {
        func message(_ engine: SearchEngine, _ body: String) throws -> String {
            let error = refusal { _ = try version(engine, ["GET /": (200, body)]) }
            #expect(error?.code == .refused)
            return error?.message ?? ""
        }
        #expect(try message(.elasticsearch, ScriptedEngine.opensearch).contains("write opensearch:http://127.0.0.1:"))
        #expect(
            try message(.opensearch, ScriptedEngine.elasticsearch).contains("write elasticsearch:http://127.0.0.1:")
        )
        for number in ["6.8.0", "10.0.0", "x"] {
            let text = try message(.elasticsearch, #"{"version":{"number":"\#(number)"}}"#)
            #expect(text.contains("supported are Elasticsearch 7, 8, 9 and OpenSearch 1, 2, 3"), "\(text)")
        }
        for body in ["<html>welcome</html>", "{}", "[]", ""] {
            #expect(try message(.elasticsearch, body).contains("check the URL"))
        }
    }

    @Test(arguments: [
        (401, "REPRISE_SEARCH_USERNAME and REPRISE_SEARCH_PASSWORD, or REPRISE_SEARCH_API_KEY"),
        (403, "the cluster privilege monitor"), (301, "a redirect"),
    ]) func aRefusalSaysWhatToDo(status: Int, advice: String) throws {
        let body = #"{"error":{"type":"security_exception","reason":"no, not for canary-19ab44"}}"#
        let scripted = ScriptedEngine(["GET /": (status, body)])
        let connection = SearchConnection(credentials: .apiKey(Secret("canary-19ab44")))
        let engine = try Engine(.elasticsearch, url: scripted.server.url, connection)
        let error = refusal { _ = try engine.setup().prepare() }
        // Rights are given there; another address takes another command.
        #expect(error?.code == (status == 301 ? .refused : .unavailable))
        #expect(error?.message.contains(advice) == true, "\(error?.message ?? "taken")")
        // What the engine repeats of a key is blotted out; the key itself was sent as it must be.
        #expect(error?.message.contains("canary-19ab44") == false)
        #expect(scripted.asked.first?.contains("\r\nAuthorization: ApiKey canary-19ab44\r\n") == true)
    }

    @Test func eachStepNamesWhatItTakes() throws {
        let alias = "GET /posts"
        let template = "PUT /_index_template/reprise-posts"
        var answers: [String: (status: Int, body: String)] = ["GET /": (200, ScriptedEngine.elasticsearch)]
        for (step, privilege) in [
            (alias, "view_index_metadata for posts and posts-*"), (template, "manage_index_templates"),
            ("PUT /posts-000001", "the index privilege manage"),
        ] {
            answers[step] = (403, "{}")
            let scripted = ScriptedEngine(answers)
            let message =
                refusal { _ = try Engine(.elasticsearch, url: scripted.server.url).setup().prepare() }?.message ?? ""
            #expect(message.contains(privilege) && message.contains("--no-setup"), "\(message)")
            answers[step] = step == alias ? (404, "{}") : (200, #"{"acknowledged":true}"#)
        }
    }

    @Test(arguments: [408, 429, 500, 502, 503]) func anEngineThatIsNotReadyIsForLater(status: Int) {
        let scripted = ScriptedEngine(["GET /": (status, "busy")])
        let error = refusal { _ = try Engine(.opensearch, url: scripted.server.url).setup().prepare() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("status \(status); try again later") == true, "\(error?.message ?? "taken")")
    }

    @Test func anEngineThatIsNotThereIsForLater() {
        let error = refusal { _ = try Engine(.opensearch, url: "http://127.0.0.1:1").setup().prepare() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("check that the server runs") == true, "\(error?.message ?? "taken")")
    }

    /// It closes the connection on what it takes for no request.
    @Test func aServerWithoutTLSIsNamedAsOne() {
        let scripted = ScriptedEngine([:])
        let url = "https" + scripted.server.url.dropFirst(4)
        let error = refusal { _ = try Engine(.opensearch, url: url).setup().prepare() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("speaks TLS on this port") == true, "\(error?.message ?? "taken")")
    }

    @Test func anIndexThatTheEngineDoesNotMakeIsNotTakenForOneThatIsThere() {
        let scripted = ScriptedEngine([
            "GET /": (200, ScriptedEngine.opensearch), "PUT /_index_template/reprise-posts": (200, "{}"),
            "PUT /posts-000001": (400, #"{"error":{"type":"validation_exception","reason":"too many shards"}}"#),
        ])
        let error = refusal { _ = try Engine(.opensearch, url: scripted.server.url).setup().prepare() }
        #expect(error?.message.contains("posts-000001: validation_exception: too many shards") == true)
    }

    @Test func withoutASetupURLAndAliasAreTheIdentity() throws {
        let address = try SearchAddress(.opensearch, "http://127.0.0.1:9200/posts")
        #expect(SearchSetup.identityWithoutSetup(address) == "opensearch:http://127.0.0.1:9200/posts")
    }
}
