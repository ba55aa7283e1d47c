import Failures
import HTTPClient
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct HTTPClientSendTests {
    @Test func anAnswerOfAnyStatusIsHandedOutWhole() throws {
        let server = ScriptedServer {
            $0.answer(status: "429 Too Many", headers: "X-Rate-Limit-Reset:  17 \r\n", body: "{\"a\":1}")
        }
        defer { server.stop() }
        let answer = try makeClient().send(.init(url: server.url + "/x"), timeout: .seconds(5))
        #expect(answer.status == 429)
        #expect(answer.head.header("x-rate-limit-reset") == "17")
        #expect(answer.body == Array("{\"a\":1}".utf8))
    }

    @Test(
        arguments: [
            ("7", nil, 7), ("0", nil, 0), ("-3", nil, 0), ("9223372036854775807", nil, 3_600), ("soon", nil, nil),
            ("Tue, 24 Nov 2026 08:33:20 GMT", "Tue, 24 Nov 2026 08:33:15 GMT", 5),
            ("Tue, 24 Nov 2026 08:33:20 GMT", "Tue, 24 Nov 2026 08:34:15 GMT", 0),
            ("Thu, 24 Dec 2026 08:33:20 GMT", "Tue, 24 Nov 2026 08:33:15 GMT", 3_600),
            // By a clock that nobody tells.
            ("Tue, 24 Nov 2026 08:33:20 GMT", nil, nil), ("Tue, 24 Foo 2026 08:33:20 GMT", nil, nil),
        ] as [(String, String?, Int?)]
    )
    func retryAfterIsSecondsOrADate(text: String, date: String?, seconds: Int?) {
        let fields = [("retry-after", text)] + (date.map { [("date", $0)] } ?? [])
        let head = HTTPHead(status: 429, headers: fields.map { (name: $0.0, value: $0.1) })
        #expect(head.retryAfter == seconds.map { .seconds($0) })
    }

    @Test func aRequestCarriesItsParts() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: $0.request) }
        defer { server.stop() }
        let request = HTTPClientRequest(
            method: "POST",
            url: server.url + "/a?b=c%20d",
            headers: [("Content-Type", "application/json")],
            authorization: Secret("Bearer abc"),
            body: Array("{\"é\":1}".utf8)
        )
        let answer = try makeClient().send(request, timeout: .seconds(5))
        let seen = String(decoding: answer.body, as: UTF8.self)
        #expect(seen.hasPrefix("POST /a?b=c%20d HTTP/1.1\r\n"))
        #expect(seen.contains("\r\nAuthorization: Bearer abc\r\n"))
        #expect(seen.contains("\r\nUser-Agent: tester/1\r\n"))
        #expect(seen.contains("\r\nContent-Type: application/json\r\n"))
        #expect(!seen.lowercased().contains("accept-encoding"))
        #expect(!seen.lowercased().contains("expect:"))
        #expect(seen.hasSuffix("\r\n\r\n{\"é\":1}"))
    }

    @Test func aRefusalDoesNotRepeatTheCredentials() throws {
        let server = ScriptedServer { $0.answer(status: "401 Unauthorized", body: "no: canary-7777, canary-7777!") }
        defer { server.stop() }
        let request = HTTPClientRequest(url: server.url, authorization: Secret("Bearer canary-7777"))
        let answer = try makeClient().send(request, timeout: .seconds(5))
        #expect(String(decoding: answer.body, as: UTF8.self) == "no: <secret>, <secret>!")
    }

    @Test func aPostWithoutBodySaysSo() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: $0.request) }
        defer { server.stop() }
        let answer = try makeClient().send(.init(method: "POST", url: server.url), timeout: .seconds(5))
        #expect(String(decoding: answer.body, as: UTF8.self).contains("Content-Length: 0\r\n"))
    }

    @Test(arguments: [false, true]) func aRequestThatMayBeBilledIsNotRepeatedBehindOurBack(isSentOnce: Bool) throws {
        let requests = Mutex<[String]>([])
        let server = ScriptedServer { connection in
            requests.withLock { $0.append(connection.request) }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
            // On a connection that is kept, it closes on the second question instead of answering it.
            let next = connection.nextRequest()
            if !next.isEmpty { requests.withLock { $0.append(next) } }
        }
        defer { server.stop() }
        let client = try makeClient()
        #expect(try client.send(.init(url: server.url + "/1"), timeout: .seconds(5)).status == 200)
        var request = HTTPClientRequest(url: server.url + "/2")
        request.isSentOnce = isSentOnce
        if isSentOnce {
            let error = #expect(throws: HTTPClientError.self) { try client.send(request, timeout: .seconds(5)) }
            #expect(error?.code == .cut && error?.failureCause == .network, "\(String(describing: error))")
        } else {
            #expect(try client.send(request, timeout: .seconds(5)).status == 200)
        }
        let paths = requests.withLock { $0 }.compactMap { $0.split(separator: " ").dropFirst().first }
        #expect(paths == (isSentOnce ? ["/1", "/2"] : ["/1", "/2", "/2"]))
        // The next request finds a connection.
        request.url = server.url + "/3"
        #expect(try client.send(request, timeout: .seconds(5)).status == 200)
    }

    @Test func aRedirectIsAnAnswer() throws {
        let server = ScriptedServer {
            $0.answer(status: "302 Found", headers: "Location: http://127.0.0.1:9/\r\n", body: "")
        }
        defer { server.stop() }
        #expect(try makeClient().send(.init(url: server.url), timeout: .seconds(5)).status == 302)
    }

    @Test func anInterimAnswerIsSkipped() throws {
        let server = ScriptedServer { connection in
            connection.send("HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n")
            connection.answer(status: "200 OK", headers: "X-B: 2\r\n", body: "ok")
        }
        defer { server.stop() }
        let answer = try makeClient().send(.init(url: server.url), timeout: .seconds(5))
        #expect(answer.status == 200)
        #expect(answer.head.header("x-a") == nil)
        #expect(answer.head.header("x-b") == "2")
    }

    @Test func aBodyOverItsLimitIsRefused() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: String(repeating: "x", count: 1001)) }
        defer { server.stop() }
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(.init(url: server.url), timeout: .seconds(5), bodyLimit: 1000)
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func aHeadOverItsLimitIsRefused() throws {
        let fields = (0..<400).map { "X-\($0): y\r\n" }.joined()
        let server = ScriptedServer { $0.answer(status: "200 OK", headers: fields, body: "") }
        defer { server.stop() }
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(.init(url: server.url), timeout: .seconds(5))
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func silenceEndsWithTheTimeout() throws {
        let server = ScriptedServer { $0.hold(seconds: 3) }
        defer { server.stop() }
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(.init(url: server.url), timeout: .milliseconds(100))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.curlCode == 28)
    }

    @Test func nobodyListeningIsSaid() throws {
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(.init(url: "http://127.0.0.1:1/a?token=q"), timeout: .seconds(5))
        }
        #expect(error?.code == .notConnected)
        #expect(error?.failureCause == .network)
        #expect(error?.message.contains("http://127.0.0.1:1/a failed") == true)
    }

    @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/hosts", "http://", "::"])
    func otherURLsAreRefused(_ url: String) throws {
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(.init(url: url), timeout: .seconds(5))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func aLineBreakInATokenIsNotSent() throws {
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(
                .init(url: "http://127.0.0.1:1/", authorization: Secret("Bearer a\r\nX-Evil: 1")),
                timeout: .seconds(5)
            )
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.description.contains("Evil") == false)
    }

    @Test func aSecretIsNeverShown() throws {
        let canary = "canary-7f3a"
        let secret = Secret(canary)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(HTTPClientRequest(url: "http://h/", authorization: secret), to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains(canary))
        for url in ["http://127.0.0.1:1/?k=\(canary)", "http://user:\(canary)@127.0.0.1:1/", "http://[bad?\(canary)"] {
            let error = #expect(throws: HTTPClientError.self) {
                try makeClient().send(.init(url: url, authorization: secret), timeout: .seconds(2))
            }
            #expect(error.map { "\($0) \(String(reflecting: $0))".contains(canary) } == false)
        }
    }

    @Test func aProxyThatIsDownIsNotPassedBy() throws {
        let server = ScriptedServer { $0.answer(status: "200 OK", body: "direct") }
        defer { server.stop() }
        let client = try HTTPClient(
            configuration: .init(
                userAgent: "tester/1",
                proxy: try HTTPProxy(Secret("http://user:canary-9@127.0.0.1:1"))
            )
        )
        let error = #expect(throws: HTTPClientError.self) {
            try client.send(.init(url: server.url), timeout: .seconds(5))
        }
        #expect(error?.code == .notConnected)
        #expect(error?.description.contains("canary-9") == false)
        #expect(server.connectionCount == 0)
    }
}

func makeClient() throws -> HTTPClient {
    try HTTPClient(configuration: .init(userAgent: "tester/1", connectTimeout: .seconds(2)))
}
