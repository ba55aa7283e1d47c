import HTTPServer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct HTTPServerTests {
    /// Answers with what it understood of a request.
    private static let echo: @Sendable (HTTPRequest) -> HTTPResponse = { request in
        let query = request.query.map { "\($0.0)=\($0.1)" }.joined(separator: ";")
        return .text("\(request.method) \(request.path) [\(query)] \(request.body.count)")
    }

    private func answer(
        _ target: String,
        method: String = "GET",
        headers: [String] = [],
        body: String = "",
        from server: HTTPServer
    ) throws -> RawConnection {
        let connection = try #require(RawConnection(port: server.port))
        connection.request(target, method: method, headers: headers + ["Connection: close"])
        if !body.isEmpty { connection.send(body) }
        connection.read()
        return connection
    }

    @Test func aFreePortIsTakenOnLoopback() throws {
        let server = try HTTPServer(port: 0, handler: Self.echo)
        defer { server.stop() }
        #expect(server.port != 0)
        #expect(server.url == "http://127.0.0.1:\(server.port)")
        let connection = try answer("/", from: server)
        #expect(connection.status == 200)
    }

    @Test func aTakenPortIsAnErrorThatNamesIt() throws {
        let server = try HTTPServer(port: 0, handler: Self.echo)
        defer { server.stop() }
        let error = #expect(throws: HTTPServerError.self) { try HTTPServer(port: server.port, handler: Self.echo) }
        #expect(error?.code == .addressInUse)
        #expect(error?.message.contains("127.0.0.1:\(server.port)") == true)
    }

    @Test func aHostThatIsNotOursIsRefused() {
        let error = #expect(throws: HTTPServerError.self) {
            try HTTPServer(host: "no such host", port: 0, handler: Self.echo)
        }
        #expect(error?.code == .badAddress)
    }

    @Test func pathAndQueryArePercentDecodedAndANulCutsNothing() throws {
        let server = try HTTPServer(port: 0, handler: Self.echo)
        defer { server.stop() }
        let connection = try answer("/a%20b%2Fc%00d?x=1%262&y=a+b&z&bad=%zz", from: server)
        #expect(String(decoding: connection.rawBody, as: UTF8.self) == "GET /a b/c\0d [x=1&2;y=a b;z=;bad=%zz] 0")
    }

    @Test func aBodyIsReadToItsEnd() throws {
        let server = try HTTPServer(port: 0, handler: Self.echo)
        defer { server.stop() }
        let body = String(repeating: "x", count: 300_000)
        let connection = try answer(
            "/p",
            method: "POST",
            headers: ["Content-Length: \(body.utf8.count)"],
            body: body,
            from: server
        )
        #expect(String(decoding: connection.rawBody, as: UTF8.self) == "POST /p [] 300000")
    }

    @Test func aBodyOverTheLimitIsAnswered413() throws {
        let server = try HTTPServer(port: 0, limits: HTTPServerLimits(bodyByteLimit: 10), handler: Self.echo)
        defer { server.stop() }
        let announced = try answer(
            "/",
            method: "POST",
            headers: ["Content-Length: 11"],
            body: "12345678901",
            from: server
        )
        #expect(announced.status == 413)
        let chunked = try answer(
            "/",
            method: "POST",
            headers: ["Transfer-Encoding: chunked"],
            body: "6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n",
            from: server
        )
        #expect(chunked.status == 413)
        let fits = try answer("/", method: "POST", headers: ["Content-Length: 10"], body: "1234567890", from: server)
        #expect(fits.status == 200)
    }

    @Test func headersOverTheLimitAreAnswered431() throws {
        let server = try HTTPServer(port: 0, limits: HTTPServerLimits(headerByteLimit: 1_000), handler: Self.echo)
        defer { server.stop() }
        let connection = try answer("/", headers: ["X: " + String(repeating: "y", count: 1_000)], from: server)
        #expect(connection.status == 431)
    }

    @Test func headHasTheLengthAndNoBody() throws {
        let server = try HTTPServer(port: 0, handler: Self.echo)
        defer { server.stop() }
        let connection = try answer("/x", method: "HEAD", from: server)
        #expect(connection.head?.contains("Content-Length: 12\r\n") == true)
        #expect(connection.rawBody.isEmpty)
    }

    @Test func aForeignHostNameIsRefused() throws {
        let server = try HTTPServer(port: 0, alsoServing: ["posts.example"], handler: Self.echo)
        defer { server.stop() }
        func status(host: String) throws -> Int? {
            let connection = try #require(RawConnection(port: server.port))
            connection.send("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            connection.read()
            return connection.status
        }
        #expect(try status(host: "evil.example") == 421)
        #expect(try status(host: "127.0.0.1.evil.example:80") == 421)
        #expect(try status(host: "localhost:\(server.port)") == 200)
        #expect(try status(host: "[::1]:80") == 200)
        #expect(try status(host: "posts.example") == 200)
    }

    @Test func anAnswerThatCannotBeSentIsA500() throws {
        let server = try HTTPServer(port: 0) { _ in
            HTTPResponse(status: 200, headers: [("X", "a\r\nSet-Cookie: b")], body: .bytes([]))
        }
        defer { server.stop() }
        let connection = try answer("/", from: server)
        #expect(connection.status == 500)
        #expect(connection.head?.contains("Set-Cookie") == false)
    }

    @Test func theClientsAddressIsKnown() throws {
        let server = try HTTPServer(port: 0) { .text($0.remote) }
        defer { server.stop() }
        let connection = try answer("/", from: server)
        #expect(String(decoding: connection.rawBody, as: UTF8.self).hasPrefix("127.0.0.1:"))
    }

    @Test func aRouterAnswers404And405And500AndServesHead() throws {
        struct Broken: Error {}
        var router = HTTPRouter()
        router.on("GET", "/page") { _ in .text("page") }
        router.on("POST", "/broken") { _ in throw Broken() }
        func answer(_ method: String, _ target: String) -> HTTPResponse {
            router.answer(HTTPRequest(method: method, target: target))
        }
        #expect(answer("GET", "/page?x").status == 200)
        #expect(answer("HEAD", "/page").status == 200)
        #expect(answer("GET", "/other").status == 404)
        #expect(answer("POST", "/broken").status == 500)
        let refused = answer("DELETE", "/page")
        #expect(refused.status == 405)
        #expect(refused.headers.contains { $0 == ("Allow", "GET, HEAD") })
    }

    @Test(arguments: [
        ("localhost", true), ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("a.localhost", true),
        ("127.0.0.1.example", false), ("128.0.0.1", false), ("localhost.example", false), ("127.0.0", false),
    ])
    func loopbackNamesAreTold(_ name: String, _ isLoopback: Bool) {
        #expect(HostNames.isLoopback(name) == isLoopback)
    }
}
