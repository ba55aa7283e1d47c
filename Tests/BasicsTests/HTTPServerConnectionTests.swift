import Glibc
import HTTPServer
import Synchronization
import TestSupport
import Testing
import Time

/// No client takes a connection for ever, and none takes all of them.
@Suite(.timeLimit(.minutes(20)))
struct HTTPServerConnectionTests {
    private static let short = HTTPServerLimits(
        connectionCount: 8,
        connectionsPerClient: 6,
        headTimeout: .seconds(1),
        transferTimeout: .seconds(1)
    )

    private func connect(_ server: HTTPServer) throws -> RawConnection {
        try #require(RawConnection(port: server.port))
    }

    private func answers(_ server: HTTPServer) throws -> Bool {
        let connection = try connect(server)
        connection.request("/", headers: ["Connection: close"])
        connection.read(for: .seconds(3))
        return connection.status == 200
    }

    @Test func aHeadHasItsTimeInAllHoweverItsBytesCome() throws {
        let server = try HTTPServer(port: 0, limits: Self.short) { _ in .text("ok") }
        defer { server.stop() }
        let silent = try connect(server)
        let slow = try connect(server)
        let stopwatch = Stopwatch()
        slow.send("GET / HTTP/1.1\r\n")
        while slow.end == .open, stopwatch.elapsed < .seconds(6) {
            slow.send("X: y\r\n")
            slow.read(for: .milliseconds(100))
        }
        #expect(slow.end != .open && stopwatch.elapsed > .milliseconds(900))
        // The kernel hands it over after some seconds only.
        silent.read(for: .seconds(12))
        #expect(silent.end != .open)
    }

    @Test func aKeptConnectionHasTheSameTimeForItsNextRequest() throws {
        let server = try HTTPServer(port: 0, limits: Self.short) { _ in .text("ok") }
        defer { server.stop() }
        let connection = try connect(server)
        let stopwatch = Stopwatch()
        for round in 1...4 {
            connection.request("/")
            #expect(connection.read { $0.count { $0 == UInt8(ascii: "k") } >= round })
            connection.read(for: .milliseconds(500))
        }
        #expect(connection.end == .open && stopwatch.elapsed > .seconds(2))
        connection.read(for: .seconds(5))
        #expect(connection.end == .closed)
    }

    @Test func aBodyHasItsTimeInAll() throws {
        let server = try HTTPServer(port: 0, limits: Self.short) { _ in .text("ok") }
        defer { server.stop() }
        let connection = try connect(server)
        connection.request("/", method: "POST", headers: ["Content-Length: 100000"])
        let stopwatch = Stopwatch()
        while connection.end == .open, stopwatch.elapsed < .seconds(6) {
            connection.send("a")
            connection.read(for: .milliseconds(100))
        }
        #expect(connection.end != .open)
    }

    /// Those that wait for nothing are closed first; whoever asks is answered.
    @Test func connectionsWithoutARequestGiveWay() throws {
        let server = try HTTPServer(port: 0, limits: HTTPServerLimits(connectionCount: 8, connectionsPerClient: 6)) {
            _ in
            .text("ok")
        }
        defer { server.stop() }
        var idle: [RawConnection] = []
        for round in 0..<40 {
            let connection = try connect(server)
            if round % 2 == 0 { connection.send("GET / HTTP/1.1\r\nX: ") }
            idle.append(connection)
            #expect(try answers(server), "round \(round)")
        }
        idle[0].read(for: .seconds(2))
        #expect(idle[0].end != .open)
        // The newest are still there.
        #expect(!idle[39].read(for: .milliseconds(50)) && idle[39].end == .open)
    }

    /// Streams are not closed for others; what the handler lets a client have is its own to say.
    @Test func streamsAreNotClosedForOthers() throws {
        let limits = HTTPServerLimits(connectionCount: 8, connectionsPerClient: 4)
        let server = try HTTPServer(port: 0, limits: limits) { request in
            request.path == "/stream" ? .stream(WaitingBody(), type: "text/plain") : .text("ok")
        }
        defer { server.stop() }
        var streams: [RawConnection] = []
        for _ in 0..<3 {
            let stream = try connect(server)
            stream.request("/stream")
            #expect(stream.read { _ in stream.head != nil })
            streams.append(stream)
        }
        for _ in 0..<10 {
            #expect(try answers(server))
            streams.append(try connect(server))
        }
        for stream in streams[..<3] { #expect(!stream.read(for: .milliseconds(20)) && stream.end == .open) }
    }

    @Test func aRefusedClientTakesNoPlace() throws {
        let server = try HTTPServer(port: 0, limits: HTTPServerLimits(bodyByteLimit: 0)) { _ in
            .closing("no", status: 503)
        }
        defer { server.stop() }
        for headers in [
            [], ["Content-Length: 5"], ["Host: evil.example"], ["X: " + String(repeating: "y", count: 20_000)],
        ] {
            let connection = try connect(server)
            connection.request("/", headers: headers)
            connection.read(for: .seconds(3))
            #expect(connection.end != .open, "\(headers.first?.prefix(20) ?? "")")
        }
    }

    /// The descriptor of the first stream is the second one's, too.
    @Test func aClientThatLeavesInTheSecondStreamOfItsConnectionIsSeen() throws {
        let bodies = Mutex<[WaitingBody]>([])
        let server = try HTTPServer(port: 0) { request in
            let body = WaitingBody(endsOnResume: request.path == "/first")
            bodies.withLock { $0.append(body) }
            return .stream(body, type: "text/plain")
        }
        defer { server.stop() }
        do {
            let connection = try connect(server)
            connection.request("/first")
            #expect(connection.read { _ in connection.head != nil })
            let first = try #require(bodies.withLock { $0.first })
            #expect(first.waits(atLeast: 1))
            first.resume()
            #expect(connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) })
            connection.request("/second")
            let deadline = ContinuousClock.now + .seconds(5)
            while bodies.withLock({ $0.count }) < 2, ContinuousClock.now < deadline { sleepMilliseconds(2) }
            let second = try #require(bodies.withLock { $0.dropFirst().first })
            #expect(second.waits(atLeast: 1))
        }
        let second = try #require(bodies.withLock { $0.dropFirst().first })
        #expect(second.isClosed(within: .seconds(3)))
    }

    @Test func limitsCountByAddress() throws {
        let clients = Mutex<[String]>([])
        let server = try HTTPServer(port: 0) { request in
            clients.withLock { $0.append(request.client) }
            return .text("ok")
        }
        defer { server.stop() }
        for source in ["127.0.0.1", "127.0.0.2"] {
            let connection = try #require(RawConnection(port: server.port, from: source))
            connection.request("/", headers: ["Connection: close"])
            connection.read(for: .seconds(3))
        }
        #expect(clients.withLock { $0 } == ["127.0.0.1", "127.0.0.2"])
    }
}

/// Waits until it is resumed, and then ends or goes on waiting.
private final class WaitingBody: HTTPBody {
    private struct State {
        var control: HTTPStreamControl?
        var waits = 0
        var isResumed = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let endsOnResume: Bool

    init(endsOnResume: Bool = false) { self.endsOnResume = endsOnResume }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        state.withLock { state in
            state.control = control
            if state.isResumed && endsOnResume { return .end }
            state.waits += 1
            return .wait
        }
    }

    func closed() { state.withLock { $0.isClosed = true } }

    func resume() {
        let control = state.withLock {
            $0.isResumed = true
            return $0.control
        }
        control?.resume()
    }

    func waits(atLeast count: Int) -> Bool { until { $0.waits >= count } }

    func isClosed(within limit: Duration) -> Bool { until(limit) { $0.isClosed } }

    private func until(_ limit: Duration = .seconds(5), _ condition: (State) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if state.withLock({ condition($0) }) { return true }
            sleepMilliseconds(2)
        }
        return false
    }
}
