import HTTPClient
import TestSupport
import Testing

/// Proxies: their addresses, and what they are sent.
@Suite(.timeLimit(.minutes(20)))
struct HTTPProxyTests {
    @Test(arguments: [
        ("proxy.example", "http://proxy.example", false),
        ("http://proxy.example:3128/", "http://proxy.example:3128", false),
        ("HTTPS://User:p%40ss@Proxy.example:443", "https://Proxy.example:443", true),
        ("socks5h://[::1]:1080", "socks5h://[::1]:1080", false), (" 10.0.0.1:8080\n", "http://10.0.0.1:8080", false),
        ("http://user@h:1", "http://h:1", true), ("http://u:p@ss:w@h:1", "http://h:1", true),
    ]) func itsAddressHasNoUser(text: String, url: String, hasCredentials: Bool) throws {
        let proxy = try HTTPProxy(Secret(text))
        #expect(proxy.url == url && proxy.hasCredentials == hasCredentials)
    }

    @Test(arguments: [
        "http://user:canary-77/x@h:1", "user:canary-77", "http://user:canary-77@", "ftp://user:canary-77@h:1",
        "http://user:canary-77@h:0", "http://user:canary-77@h:99999", "http://user:canary-77@h h",
        "http://u:canary-77@[::1",
        "http://user:canary-77@h/path", "canary-77://h", "", "://",
    ]) func anAddressThatCannotBeUsedIsNotRepeated(text: String) {
        let error = #expect(throws: HTTPClientError.self) { try HTTPProxy(Secret(text)) }
        #expect(error?.code == .invalidRequest && error?.message.contains("percent-encode") == true)
        #expect(error.map { "\($0)".contains("canary") || "\($0)".contains("user:c") } == false)
    }

    /// A proxy that repeats what it was sent.
    @Test func theProxyGetsItsPasswordAndNobodyElseDoes() throws {
        let proxy = ScriptedServer { connection in
            let line = connection.request.split(separator: "\r\n").first { $0.hasPrefix("Proxy-Authorization: ") } ?? ""
            connection.answer(
                status: "407 Proxy Authentication Required",
                headers: "X-Seen: \(line.dropFirst(21))\r\nX-Password: can=ary-77\r\n",
                body: connection.request
            )
        }
        defer { proxy.stop() }
        let url = "http://user:can%3Dary-77@127.0.0.1:\(proxy.port)"
        let client = try HTTPClient(configuration: .init(userAgent: "tester/1", proxy: try HTTPProxy(Secret(url))))
        let response = try client.send(.init(url: "http://x.example/a"), timeout: .seconds(5))
        // base64 of user:can=ary-77
        let sent = String(decoding: response.body, as: UTF8.self)
        #expect(sent.hasPrefix("GET http://x.example/a HTTP/1.1\r\n"))
        #expect(sent.contains("Proxy-Authorization: Basic dXNlcjpjYW49YXJ5LTc3\r\n"))
        #expect(response.head.header("x-seen") == "Basic <secret>" && response.head.header("x-password") == "<secret>")
    }

    @Test(arguments: [
        ("", false), ("127.0.0.1", true), ("other.example, 127.0.0.1", true), ("*", true), ("127.0.0.0/8", true),
        ("10.0.0.0/8,.example", false),
    ]) func exemptHostsAreReachedWithoutIt(exemptions: String, isDirect: Bool) throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: "direct") }
        let proxy = ScriptedServer { $0.answer(status: "200 OK", body: "proxy") }
        defer { for each in [server, proxy] { each.stop() } }
        let configuration = HTTPClientConfiguration(
            userAgent: "tester/1",
            proxy: try HTTPProxy(Secret(proxy.url), exemptions: exemptions)
        )
        let response = try HTTPClient(configuration: configuration).send(.init(url: server.url), timeout: .seconds(5))
        #expect(String(decoding: response.body, as: UTF8.self) == (isDirect ? "direct" : "proxy"))
    }

    @Test(arguments: [
        ("http://127.0.0.1:9200", true), ("https://LOCALHOST/x", true), ("http://[::1]:1", true),
        ("http://u@127.9.9.9", true),
        ("http://127.0.0.1.example", false), ("http://127.0.0.1@h.example", false), ("http://[2001:db8::1]", false),
        ("h", false),
    ]) func addressesOfThisMachineAreTold(url: String, isLoopback: Bool) {
        #expect(Loopback.isHost(ofURL: url) == isLoopback)
    }
}
