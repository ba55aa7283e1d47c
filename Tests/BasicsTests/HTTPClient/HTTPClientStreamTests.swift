import HTTPClient
import Synchronization
import TestSupport
import Testing
import Time

@Suite(.timeLimit(.minutes(20)))
struct HTTPClientStreamTests {
    @Test func bytesArriveAsTheyWereSent() throws {
        let lines = (0..<500).map { "{\"data\":{\"id\":\"\($0)\"}}\r\n" }
        let server = ScriptedServer { connection in
            connection.sendStreamHead(headers: "Api-Version: 2.164\r\n")
            for line in lines { connection.sendChunk(line) }
            connection.endStream()
        }
        defer { server.stop() }
        let seen = try read(server)
        #expect(seen.end == .serverClosed)
        #expect(seen.head?.status == 200)
        #expect(seen.head?.header("api-version") == "2.164")
        #expect(seen.text == lines.joined())
    }

    @Test func aDeliveryIsNeverLongerThanTheBuffer() throws {
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            for _ in 0..<64 { connection.sendChunk(String(repeating: "x", count: 65_536)) }
            connection.endStream()
        }
        defer { server.stop() }
        let seen = try read(server)
        #expect(seen.byteCount == 64 * 65_536)
        #expect((1...16_384).contains(seen.longest))
    }

    @Test func aCloseInsideTheBodyIsACut() throws {
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            connection.sendChunk("{\"data\":{\"id\":\"1\"}}\r\n{\"da")
        }
        defer { server.stop() }
        let seen = try read(server)
        #expect(seen.error?.code == .cut)
        #expect(seen.text == "{\"data\":{\"id\":\"1\"}}\r\n{\"da")
    }

    @Test func aResetIsAReset() throws {
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            connection.sendChunk("abc")
            connection.hold(seconds: 0.1)
            connection.reset()
        }
        defer { server.stop() }
        let seen = try read(server)
        #expect(seen.error?.code == .reset)
        #expect(seen.error?.curlCode == 56)
        #expect(seen.text == "abc")
    }

    @Test func theBodyOfARefusalIsHandedOn() throws {
        let server = ScriptedServer { $0.answer(status: "403 Forbidden", body: "{\"title\":\"Forbidden\"}") }
        defer { server.stop() }
        let seen = try read(server)
        #expect(seen.head?.status == 403)
        #expect(seen.text == "{\"title\":\"Forbidden\"}")
    }

    @Test func theTickStopsASilentStream() throws {
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            connection.hold(seconds: 10)
        }
        defer { server.stop() }
        let watch = Stopwatch()
        let seen = try read(server) { watch.elapsed > .milliseconds(300) ? .stop : .goOn }
        #expect(seen.end == .stopped)
        #expect(watch.elapsed < .seconds(3))
    }

    @Test func aWakerEndsTheWaitAtOnce() throws {
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            connection.hold(seconds: 10)
        }
        defer { server.stop() }
        let waker = StreamWaker()
        let wanted = Mutex(false)
        let ticks = Mutex(0)
        let watch = Stopwatch()
        // Wakes come faster than the tick's own rhythm; many ticks in a short time show that each wake was one.
        let task = startThread {
            for _ in 0..<50 {
                waker.wake()
                sleepMilliseconds(5)
            }
            wanted.withLock { $0 = true }
            waker.wake()
        }
        let seen = try read(server, waker: waker) {
            ticks.withLock { $0 += 1 }
            return wanted.withLock { $0 } ? .stop : .goOn
        }
        task.join()
        #expect(seen.end == .stopped)
        #expect(ticks.withLock { $0 } > 20)
        #expect(watch.elapsed < .seconds(5))
        waker.wake()
    }

    @Test func whatAClosureThrowsComesBack() throws {
        struct DiskFull: Error {}
        let server = ScriptedServer { connection in
            connection.sendStreamHead()
            connection.sendChunk("abc")
            connection.hold(seconds: 5)
        }
        defer { server.stop() }
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().stream(
                .init(url: server.url),
                onHead: { _ in },
                onBytes: { _ in throw DiskFull() },
                onTick: { .goOn }
            )
        }
        #expect(error?.code == .refusedByCaller)
        #expect(error?.cause is DiskFull)
    }

    @Test func aClientIsGoodForAnotherRequestAfterAStop() throws {
        let server = ScriptedServer { connection in
            if connection.number == 1 {
                connection.sendStreamHead()
                connection.hold(seconds: 10)
            } else {
                connection.answer(status: "200 OK", body: "second")
            }
        }
        defer { server.stop() }
        let client = try makeClient()
        let end = try client.stream(.init(url: server.url), onHead: { _ in }, onBytes: { _ in }, onTick: { .stop })
        #expect(end == .stopped)
        let head = Mutex(false)
        _ = try client.stream(
            .init(url: server.url),
            onHead: { _ in head.withLock { $0 = true } },
            onBytes: { _ in },
            onTick: { head.withLock { $0 } ? .stop : .goOn }
        )
        #expect(try client.send(.init(url: server.url), timeout: .seconds(5)).body == Array("second".utf8))
    }
}

private struct Seen {
    var head: HTTPHead?
    var text = ""
    var byteCount = 0
    var longest = 0
    var end: StreamEnd?
    var error: HTTPClientError?
}

private func read(
    _ server: ScriptedServer,
    waker: StreamWaker? = nil,
    onTick: () throws -> StreamVerdict = { .goOn }
) throws -> Seen {
    var seen = Seen()
    var bytes: [UInt8] = []
    let client = try makeClient()
    do throws(HTTPClientError) {
        seen.end = try client.stream(
            .init(url: server.url + "/2/tweets/search/stream"),
            onHead: { seen.head = $0 },
            onBytes: {
                bytes.append(contentsOf: $0)
                seen.longest = max(seen.longest, $0.count)
            },
            onTick: onTick,
            waker: waker
        )
    } catch {
        seen.error = error
    }
    seen.byteCount = bytes.count
    seen.text = String(decoding: bytes, as: UTF8.self)
    return seen
}
