import Failures
import HTTPClient
import Synchronization
import TestSupport
import Testing
import Time

/// A request ends soon after it is cancelled, whatever it waits for; its own timeout is a minute.
@Suite(.timeLimit(.minutes(20)))
struct HTTPClientCancelTests {
    enum Phase: String, CaseIterable { case connection, handshake, upload, answer, restOfAnswer }

    private final class Flag: Sendable { let isSet = Mutex(false) }

    @Test(arguments: Phase.allCases, [true, false])
    func aCancelledRequestEndsInEachPhase(phase: Phase, hasWaker: Bool) throws {
        let silent = SilentServer(isFull: phase == .connection)
        let half = ScriptedServer { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            connection.hold(seconds: 60)
        }
        defer { half.stop() }
        let url =
            switch phase {
            case .handshake: "https" + silent.url.dropFirst(4)
            case .restOfAnswer: half.url
            default: silent.url
            }
        // More than the sockets' buffers take.
        let body = phase == .upload ? [UInt8](repeating: 65, count: 32 << 20) : nil
        let request = HTTPClientRequest(method: body == nil ? "GET" : "POST", url: url, body: body)
        let client = try HTTPClient(configuration: .init(userAgent: "tester/1", connectTimeout: .seconds(60)))
        let waker = hasWaker ? StreamWaker() : nil
        let flag = Flag()
        let cancelled = Mutex(Stopwatch())
        let thread = startThread {
            sleepMilliseconds(300)
            flag.isSet.withLock { $0 = true }
            cancelled.withLock { $0 = Stopwatch() }
            waker?.wake()
        }
        let error = #expect(throws: HTTPClientError.self) {
            try client.send(request, timeout: .seconds(60), waker: waker) { flag.isSet.withLock { $0 } }
        }
        let elapsed = cancelled.withLock { $0.elapsed }
        thread.join()
        #expect(error?.code == .cancelled, "\(String(describing: error))")
        // Promised are 100 ms; a machine that is busy with other tests gets more.
        #expect(elapsed < .seconds(2), "\(phase), \(elapsed)")
    }

    @Test func aNameThatIsNotResolvedAndAConnectionThatIsRefusedMayPass() throws {
        func cause(_ url: String) throws -> FailureCause? {
            (#expect(throws: HTTPClientError.self) { try makeClient().send(.init(url: url), timeout: .seconds(20)) })?
                .failureCause
        }
        #expect(try cause("http://nothing.invalid/") == .nameResolution)
        #expect(try cause("http://127.0.0.1:1/") == .network)
        #expect(try cause("ftp://127.0.0.1/") == .badRequest)
    }

    /// A proxy or a server that goes down during the handshake says nothing against its certificate.
    @Test func aHandshakeThatIsCutOffMayPass() throws {
        // What it reads is no request, so it closes the connection after 2 s.
        let server = ScriptedServer { _ in }
        defer { server.stop() }
        let client = try HTTPClient(configuration: .init(userAgent: "tester/1", connectTimeout: .seconds(60)))
        let url = "https" + server.url.dropFirst(4)
        let error = #expect(throws: HTTPClientError.self) {
            try client.send(.init(url: url), timeout: .seconds(60))
        }
        #expect(error?.code == .notConnected && error?.failureCause == .network, "\(String(describing: error))")
    }

    @Test func theCauseOfWhatAClosureThrewIsItsOwn() {
        let refusal = HTTPClientError(code: .timedOut, message: "")
        let error = HTTPClientError(code: .refusedByCaller, message: "", cause: refusal)
        #expect(error.failureCause == .network)
        #expect(HTTPClientError(code: .refusedByCaller, message: "").failureCause == .unknown)
        let expected: [(HTTPClientError.Code, FailureKind)] = [
            (.untrusted, .operatorNeeded), (.invalidRequest, .operatorNeeded), (.cut, .retry), (.reset, .retry),
            (.tooLarge, .retry), (.other, .retry),
        ]
        for (code, kind) in expected {
            #expect(HTTPClientError(code: code, message: "").failureCause.kind == kind, "\(code)")
        }
    }
}
