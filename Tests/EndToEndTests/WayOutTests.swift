import Foundation
import TestSupport
import Testing

/// How credentials leave this machine: through which proxies, and never in plain text unasked.
@Suite(.timeLimit(.minutes(20)))
struct WayOutTests {
    private static let password = "canary-5b2d9"
    private static let key = "canary-a1e6"

    private func run(
        _ words: [String],
        environment: [String: String] = [:],
        prepare: (TemporaryFolder) throws -> Void = { _ in }
    ) throws -> RunningProgram.Result {
        let folder = try TemporaryFolder()
        try prepare(folder)
        var whole = ["BEARER_TOKEN": Recording.token]
        whole.merge(environment) { $1 }
        let result = try RunningProgram(Surroundings.reprise(), words, in: folder, environment: whole).wait()
        #expect(!(result.errors + result.text).contains("canary"), "\(result.errors)")
        return result
    }

    private static let list = ["rules", "list", "--x-api-url", "https://x.example"]

    @Test(arguments: [
        "http://user:canary-5b2d9@127.0.0.1:1", "user:canary-5b2d9@127.0.0.1:1", "http://user:canary-5b2d9@h:port",
        "http://canary-5b2d9@127.0.0.1:1", "ftp://user:canary-5b2d9@127.0.0.1",
    ]) func aProxysPasswordOnTheCommandLineIsRefused(url: String) throws {
        let result = try run(Self.list + ["--proxy", url])
        #expect(result.status == 64, "\(result.status) \(result.errors)")
        #expect(result.errors.contains("REPRISE_PROXY") && result.errors.contains("--proxy-file"))
        let engine = ["replay", "--sink", "opensearch:https://x.example/posts", "--search-proxy", url]
        let other = try run(engine)
        #expect(other.status == 64 && other.errors.contains("REPRISE_SEARCH_PROXY"), "\(other.status) \(other.errors)")
    }

    @Test func aProxyThatCannotBeUsedIsNotRepeated() throws {
        let url = "http://user:\(Self.password)/x@127.0.0.1:1"
        let named = try run(Self.list, environment: ["REPRISE_PROXY": url])
        #expect(named.status == 78 && named.errors.contains("REPRISE_PROXY in the environment"), "\(named.errors)")
        let usual = try run(Self.list, environment: ["HTTPS_PROXY": url])
        #expect(usual.status == 78 && usual.errors.contains("HTTPS_PROXY in the environment"), "\(usual.errors)")
        let file = try run(Self.list + ["--proxy-file", "proxy"]) {
            try url.write(toFile: $0.path + "/proxy", atomically: true, encoding: .utf8)
        }
        #expect(file.status == 78 && file.errors.contains("--proxy-file"), "\(file.errors)")
        let settings = try run(Self.list) {
            try "proxy: \(url)\n".write(toFile: $0.path + "/reprise.yaml", atomically: true, encoding: .utf8)
        }
        #expect(settings.status == 78 && settings.errors.contains("reprise.yaml, line 1"), "\(settings.errors)")
        let word = try run(Self.list + ["--proxy", "http://h:port"])
        #expect(word.status == 64 && word.errors.contains("--proxy is"), "\(word.errors)")
    }

    /// What cannot be blotted out where an answer repeats it is not sent; this machine may have what it likes.
    @Test func aSecretThatIsTooShortToHideIsRefused() throws {
        let engine = ["replay", "--sink", "opensearch:https://x.example/posts", "--journal", "j"]
        let basic = ["REPRISE_SEARCH_USERNAME": "u", "REPRISE_SEARCH_PASSWORD": "zq7x"]
        for (words, environment) in [
            (Self.list, ["BEARER_TOKEN": "zq7x"]), (Self.list, ["BEARER_TOKEN": "Bearer zq7x"]),
            (Self.list, ["REPRISE_PROXY": "http://user:zq7x@proxy.example:1"]),
            (Self.list, ["HTTPS_PROXY": "http://user:zq7x@proxy.example:1"]),
            (["record", "--once", "--budget", "1/day", "--journal", "j"], ["BEARER_TOKEN": "zq7x"]),
            (engine, ["REPRISE_SEARCH_API_KEY": "zq7x"]), (engine, basic),
        ] {
            let result = try run(words, environment: environment) { folder in
                if words == engine {
                    try output(
                        of: Surroundings.reprise(),
                        ["record", "--once", "--journal", folder.path + "/j", "--x-api-url", Self.stream(in: folder)],
                        in: folder
                    )
                }
            }
            #expect(result.status == 78 && result.errors.contains("fewer than 6"), "\(words): \(result.errors)")
            #expect(!result.errors.contains("zq7x"))
        }
        let server = ScriptedServer { $0.answer(status: "200 OK", body: "{}") }
        defer { server.stop() }
        let own = try run(["rules", "list", "--x-api-url", server.url], environment: ["BEARER_TOKEN": "any"])
        #expect(own.status == 0, "\(own.errors)")
    }

    /// A proxy that lets nobody through, and says whom it saw.
    private func withProxy(_ use: (_ url: String) throws -> Void) throws -> Int {
        let proxy = ScriptedServer { $0.answer(status: "403 Forbidden", body: "") }
        defer { proxy.stop() }
        try use("http://user:\(Self.password)@127.0.0.1:\(proxy.port)")
        return proxy.connectionCount
    }

    @Test func aProxyComesFromTheEnvironmentOrAFile() throws {
        for name in ["REPRISE_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            let seen = try withProxy { url in
                let status = try run(Self.list, environment: [name: url]).status
                #expect(status == 75)
            }
            #expect(seen == 1, "\(name)")
        }
        let file = try withProxy { url in
            let words = Self.list + ["--proxy-file", "proxy"]
            let result = try run(words, environment: ["REPRISE_PROXY": "http://127.0.0.1:1"]) {
                try "\(url)\n".write(toFile: $0.path + "/proxy", atomically: true, encoding: .utf8)
            }
            #expect(result.status == 75, "\(result.errors)")
        }
        #expect(file == 1)
    }

    @Test func exemptHostsAndThisMachineAreAskedDirectly() throws {
        let exempt = try withProxy { url in
            for list in ["x.example", ".example", "*"] {
                _ = try run(Self.list, environment: ["HTTPS_PROXY": url, "NO_PROXY": list])
            }
        }
        let server = ScriptedServer { $0.answer(status: "200 OK", body: "{}") }
        defer { server.stop() }
        let own = try withProxy { url in
            let words = ["rules", "list", "--x-api-url", server.url]
            for name in ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"] {
                let status = try run(words, environment: [name: url]).status
                #expect(status == 0)
            }
            let status = try run(words, environment: ["REPRISE_PROXY": "http://proxy.example:3128"]).status
            #expect(status == 0)
        }
        #expect(exempt == 0 && own == 0 && server.connectionCount == 4)
    }

    private func replay(
        to address: String,
        _ words: [String] = [],
        environment: [String: String] = [:]
    ) throws -> RunningProgram.Result {
        let all = ["replay", "--sink", address, "--give-up-after", "100ms", "--journal", "j"] + words
        return try run(all, environment: environment) { folder in
            try output(
                of: Surroundings.reprise(),
                ["record", "--once", "--journal", folder.path + "/j", "--x-api-url", Self.stream(in: folder)],
                in: folder
            )
        }
    }

    /// The address of a stream that ends after a post; its server ends with the test.
    private static func stream(in folder: TemporaryFolder) throws -> String {
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            connection.sendChunk("{\"data\":{\"id\":\"1\"}}\r\n")
            connection.endStream()
        }
        return server.url
    }

    @Test func anEngineIsAskedThroughAProxyAsXIs() throws {
        for (address, name) in [
            ("opensearch:https://engine.example/posts", "HTTPS_PROXY"),
            ("opensearch:http://engine.example/posts", "http_proxy"),
            ("elasticsearch:https://engine.example/posts", "REPRISE_SEARCH_PROXY"),
        ] {
            let seen = try withProxy { url in
                let status = try replay(to: address, environment: [name: url]).status
                #expect(status != 0)
            }
            #expect(seen > 0, "\(name)")
            let exempt = try withProxy { url in
                let status = try replay(to: address, environment: [name: url, "NO_PROXY": "engine.example"]).status
                #expect(status == 75)
            }
            #expect(exempt == 0, "\(name)")
        }
    }

    @Test func anEnginesCredentialsGoOverPlainHTTPToThisMachineOnly() throws {
        let key = ["REPRISE_SEARCH_API_KEY": Self.key]
        let basic = ["REPRISE_SEARCH_USERNAME": "u", "REPRISE_SEARCH_PASSWORD": Self.password]
        for credentials in [key, basic] {
            let plain = try replay(to: "opensearch:http://engine.example:9200/posts", environment: credentials)
            #expect(plain.status == 78 && plain.errors.contains("--insecure-http"), "\(plain.status) \(plain.errors)")
        }
        // Nothing answers there, but it was tried.
        for (address, words) in [
            ("opensearch:http://engine.example:9200/posts", ["--insecure-http"]),
            ("opensearch:https://engine.example:9200/posts", []), ("opensearch:http://127.0.0.1:1/posts", []),
            ("opensearch:http://localhost:1/posts", []),
        ] {
            let result = try replay(to: address, words, environment: key)
            #expect(result.status == 75, "\(address): \(result.status) \(result.errors)")
        }
        let open = try replay(to: "opensearch:http://engine.example:9200/posts")
        #expect(open.status == 75, "\(open.errors)")
    }
}
