import Failures
import HTTPClient
import JSON
import TestSupport
import Testing

@testable import Sinks

/// The credentials of a search engine reach neither a dead letter, nor an error, nor the network in plain text.
@Suite(.timeLimit(.minutes(20)))
struct EngineSecretsTests {
    private static let connection = SearchConnection(credentials: .apiKey(Secret("canary-19ab44")))

    /// What the engine says of a document becomes a dead letter's reason.
    @Test func aReplyThatRepeatsThemIsNotRepeated() throws {
        let client = try SearchClient(try SearchAddress(.opensearch, "http://127.0.0.1:1/posts"), Self.connection)
        let padding = String(repeating: "x", count: 290)
        for (type, status) in [("mapper_parsing_exception", 400), ("security_exception", 403)] {
            for reason in ["for canary-19ab44", "\(padding)canary-19ab44", #"for \u0063anary-19ab44"#] {
                let body =
                    #"{"errors":true,"items":[{"index":{"status":\#(status),"error":{"type":"\#(type)","reason":"\#(reason)"}}}]}"#
                let reply = try #require(BulkReply(Array(body.utf8)))
                let text = "\(reply.result(alias: "posts") { client.shown($0) })"
                #expect(text.contains(type == "security_exception" ? "may not write" : type), "\(text)")
                #expect(!text.contains("canary"), "\(text)")
            }
        }
    }

    /// A successful answer is shown where an index differs from what is wanted.
    @Test func anAnswerThatRepeatsThemIsNotRepeated() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: #"{"name":"canary-19ab44"}"#) }
        defer { server.stop() }
        let client = try SearchClient(try SearchAddress(.opensearch, "\(server.url)/posts"), Self.connection)
        let reply = try client.send("GET", "/posts")
        #expect(reply.json?["name"]?.text == "<secret>")
    }

    @Test(arguments: [
        ("http://search.example:9200/posts", false), ("http://127.0.0.1.example/posts", false),
        ("http://127.0.0.1:9200/posts", true), ("http://[::1]:9200/posts", true),
        ("https://search.example/posts", true),
    ]) func theyLeaveThisMachineOverHTTPSOnly(url: String, isTaken: Bool) throws {
        let address = try SearchAddress(.elasticsearch, url)
        var connection = Self.connection
        if isTaken {
            _ = try SearchClient(address, connection)
        } else {
            let error = #expect(throws: HTTPClientError.self) { try SearchClient(address, connection) }
            #expect(error?.failureCause.kind == .operatorNeeded && error?.message.contains("--insecure-http") == true)
        }
        connection.allowsInsecureHTTP = true
        _ = try SearchClient(address, connection)
        _ = try SearchClient(address, SearchConnection())
    }

    @Test func anEngineIsAskedThroughItsProxy() throws {
        let proxy = ScriptedServer {
            $0.answer(status: "200 OK", body: #"{"asked":"\#($0.request.prefix(40).filter { $0 != "\r\n" })"}"#)
        }
        defer { proxy.stop() }
        let connection = SearchConnection(proxy: try HTTPProxy(Secret(proxy.url)))
        let client = try SearchClient(try SearchAddress(.opensearch, "http://search.example/posts"), connection)
        let text = try client.send("GET", "/posts").json?["asked"]?.text ?? ""
        #expect(text.hasPrefix("GET http://search.example/posts HTTP/1.1"), "\(text)")
    }
}
