import Glibc
import HTTPServer
import Synchronization
import TestSupport
import Testing

/// A body that follows a script of steps; texts become chunks.
private final class ScriptedBody: HTTPBody {
    enum Step {
        case text(String)
        case other(HTTPBodyStep)
    }

    private let steps: Mutex<[Step]>
    private let closings = Mutex(0)
    private let control = Mutex<HTTPStreamControl?>(nil)
    /// Called inside `read`, before it answers `.wait`.
    let onWait: @Sendable (HTTPStreamControl) -> Void

    init(_ steps: [Step], onWait: @escaping @Sendable (HTTPStreamControl) -> Void = { _ in }) {
        self.steps = Mutex(steps)
        self.onWait = onWait
    }

    var closedCount: Int { closings.withLock { $0 } }

    func add(_ steps: [Step]) {
        self.steps.withLock { $0 += steps }
        control.withLock { $0 }?.resume()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        self.control.withLock { $0 = control }
        switch steps.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        case .text(let text):
            buffer.copyBytes(from: text.utf8)
            return .wrote(text.utf8.count)
        case .other(let step):
            return step
        case nil:
            onWait(control)
            return .wait
        }
    }

    func closed() {
        closings.withLock { $0 += 1 }
    }

    func isClosed(within limit: Duration = .seconds(5)) -> Bool {
        let deadline = ContinuousClock.now + limit
        while closedCount == 0, ContinuousClock.now < deadline { usleep(2_000) }
        return closedCount > 0
    }
}

@Suite(.timeLimit(.minutes(20)))
struct HTTPServerStreamTests {
    private func serve(_ body: any HTTPBody, limits: HTTPServerLimits = HTTPServerLimits()) throws -> HTTPServer {
        try HTTPServer(port: 0, limits: limits) { _ in .stream(body, type: "application/json") }
    }

    private func open(_ server: HTTPServer, method: String = "GET") throws -> RawConnection {
        let connection = try #require(RawConnection(port: server.port))
        connection.request("/", method: method)
        return connection
    }

    @Test func eachReadIsOneChunk() throws {
        let body = ScriptedBody([.text("one"), .text("two, longer"), .other(.end)])
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        connection.read { $0.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
        #expect(connection.chunks == [Array("one".utf8), Array("two, longer".utf8)])
        #expect(body.isClosed())
    }

    @Test func aWaitingBodyGoesOnWhenResumed() throws {
        let body = ScriptedBody([.text("a")])
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        connection.read { _ in connection.content.count == 1 }
        #expect(!connection.read(for: .milliseconds(50)) { _ in connection.content.count > 1 })
        body.add([.text("b")])
        #expect(connection.read { _ in connection.content == Array("ab".utf8) })
    }

    @Test func aResumeInsideReadIsNotLost() throws {
        let rounds = Mutex(0)
        let body = ScriptedBody([]) { control in
            // Resumed before the server could suspend: without care the body would sleep for ever.
            if rounds.withLock({
                $0 += 1; return $0
            }) < 100 {
                control.resume()
            }
        }
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        connection.read(for: .milliseconds(500)) { _ in rounds.withLock { $0 } >= 100 }
        #expect(rounds.withLock { $0 } == 100)
    }

    @Test func noWakeUpIsLostBetweenThreads() throws {
        let count = 5_000
        let body = ScriptedBody([])
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        connection.read { _ in connection.head != nil }
        let pusher = Pusher(count: count, body: body)
        let thread = pusher.start()
        #expect(connection.read(for: .seconds(20)) { $0.count { $0 == UInt8(ascii: "x") } >= count })
        pthread_join(thread, nil)
    }

    @Test func abortClosesInsideTheBody() throws {
        let body = ScriptedBody([.text("half"), .other(.abort)])
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        connection.read()
        #expect(connection.end == .closed)
        #expect(connection.content == Array("half".utf8))
        #expect(!connection.rawBody.suffix(5).elementsEqual("0\r\n\r\n".utf8))
        #expect(body.isClosed())
    }

    @Test func resetIsATrueReset() throws {
        let body = ScriptedBody([.text("half")])
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        connection.read { _ in connection.content.count == 4 }
        body.add([.other(.reset)])
        connection.read()
        #expect(connection.end == .reset)
        #expect(body.isClosed())
    }

    @Test func aClientThatLeavesWhileTheBodyWaitsIsSeen() throws {
        let body = ScriptedBody([.text("a")])
        let server = try serve(body)
        defer { server.stop() }
        do {
            let connection = try open(server)
            connection.read { _ in connection.content.count == 1 }
        }
        #expect(body.isClosed(within: .seconds(2)))
        #expect(body.closedCount == 1)
    }

    @Test func aBodyThatWaitsForATimeIsAskedAgainThen() throws {
        let times = Mutex<[ContinuousClock.Instant]>([])
        let body = TickingBody(every: .milliseconds(20)) { times.withLock { $0.append(.now) } }
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server)
        #expect(connection.read { _ in connection.chunks.count >= 10 })
        let taken = times.withLock { ($0.last ?? .now) - ($0.first ?? .now) }
        // At least nine whole periods; how much more depends on the machine's load.
        #expect(taken >= .milliseconds(180), "\(taken)")
    }

    @Test func aClientThatLeftIsKnownBeforeItsNextConnection() throws {
        let controls = Mutex<[HTTPStreamControl]>([])
        let states = Mutex<[Bool]>([])
        let server = try HTTPServer(port: 0) { _ in
            let connected = controls.withLock { $0.map(\.isClientConnected) }
            states.withLock { $0 += connected }
            return .stream(ScriptedBody([]) { control in controls.withLock { $0.append(control) } }, type: "text/plain")
        }
        defer { server.stop() }
        for round in 1...20 {
            let connection = try open(server)
            connection.read { _ in connection.head != nil }
            let deadline = ContinuousClock.now + .seconds(5)
            while controls.withLock({ $0.count }) < round, ContinuousClock.now < deadline { usleep(100) }
            #expect(controls.withLock { $0.last?.isClientConnected } == true)
        }
        #expect(states.withLock { $0 }.allSatisfy { !$0 })
    }

    @Test func headReadsNothingAndClosesTheBody() throws {
        let body = ScriptedBody([.text("a"), .other(.end)])
        let server = try serve(body)
        defer { server.stop() }
        let connection = try open(server, method: "HEAD")
        connection.read { _ in connection.head != nil }
        #expect(connection.status == 200)
        #expect(body.isClosed())
        #expect(connection.rawBody.isEmpty)
    }

    @Test func stopEndsWaitingAndBusyStreamsAtOnce() throws {
        let waiting = ScriptedBody([.text("a")])
        let endless = EndlessBody()
        let server = try HTTPServer(port: 0) { request in
            .stream(request.path == "/endless" ? endless : waiting, type: "text/plain")
        }
        let first = try open(server)
        first.read { _ in first.content.count == 1 }
        let second = try #require(RawConnection(port: server.port))
        second.request("/endless")
        second.read { $0.count > 100_000 }
        let start = ContinuousClock.now
        server.stop()
        server.stop()
        #expect(ContinuousClock.now - start < .seconds(1))
        #expect(waiting.closedCount == 1)
        #expect(endless.closedCount.withLock { $0 } == 1)
        first.read()
        #expect(first.end != .open)
    }

    @Test func chunksAreAsLargeAsTheLimit() throws {
        let body = EndlessBody()
        let server = try serve(body, limits: HTTPServerLimits(chunkByteLimit: 64 << 10))
        defer { server.stop() }
        let connection = try open(server)
        connection.read { $0.count > 1 << 20 }
        let largest = body.largest.withLock { $0 }
        #expect(largest == 64 << 10)
    }

    @Test func aBodyThatWaitsLongerThanAReaderMayStallIsNotClosed() throws {
        let body = ScriptedBody([.text("a")])
        let server = try serve(body, limits: HTTPServerLimits(stalledReaderTimeout: .seconds(1)))
        defer { server.stop() }
        let connection = try open(server)
        connection.read(for: .milliseconds(2_300))
        #expect(connection.end == .open)
        body.add([.text("b")])
        #expect(connection.read { _ in connection.content == Array("ab".utf8) })
    }

    @Test func aReaderThatStopsReadingIsClosedAfterItsTime() throws {
        let body = EndlessBody()
        let server = try serve(body, limits: HTTPServerLimits(stalledReaderTimeout: .seconds(1)))
        defer { server.stop() }
        let connection = try open(server)
        let start = ContinuousClock.now
        while body.closedCount.withLock({ $0 }) == 0, ContinuousClock.now - start < .seconds(8) { usleep(20_000) }
        #expect(body.closedCount.withLock { $0 } == 1)
        _ = connection
    }
}

/// Writes a byte, waits for a period, and so on.
private final class TickingBody: HTTPBody {
    private let period: Duration
    private let next = Mutex(ContinuousClock.now)
    private let onTick: @Sendable () -> Void

    init(every period: Duration, onTick: @escaping @Sendable () -> Void) {
        self.period = period
        self.onTick = onTick
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        let left = next.withLock { $0 - .now }
        guard left <= .zero else { return .waitUpTo(left) }
        next.withLock { $0 = .now + period }
        onTick()
        buffer[0] = 46
        return .wrote(1)
    }

    func closed() {}
}

/// Fills every buffer.
private final class EndlessBody: HTTPBody {
    let closedCount = Mutex(0)
    let largest = Mutex(0)

    func read(into buffer: UnsafeMutableRawBufferPointer, control: HTTPStreamControl) -> HTTPBodyStep {
        _ = buffer.initializeMemory(as: UInt8.self, repeating: 120)
        largest.withLock { $0 = max($0, buffer.count) }
        return .wrote(buffer.count)
    }

    func closed() {
        closedCount.withLock { $0 += 1 }
    }
}

/// Adds chunks from a thread of its own, as fast as it can.
private final class Pusher: Sendable {
    private let count: Int
    private let body: ScriptedBody

    init(count: Int, body: ScriptedBody) {
        self.count = count
        self.body = body
    }

    func start() -> pthread_t {
        var thread = pthread_t()
        let pointer = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                let pusher = Unmanaged<Pusher>.fromOpaque(pointer).takeRetainedValue()
                for _ in 0..<pusher.count { pusher.body.add([.text("x")]) }
                return nil
            },
            pointer
        )
        return thread
    }
}
