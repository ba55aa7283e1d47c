import Journal
import Lifecycle
import Logging
import Recorder
import TestSupport
import Testing
import Time
import XAPI

@Suite(.timeLimit(.minutes(20)))
struct RecorderTests {
    private func line(_ id: Int) -> String { "{\"data\":{\"id\":\"\(id)\",\"text\":\"a\"}}\r\n" }

    @Test func aConnectionIsItsBytesBetweenItsEvents() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead(headers: "Api-Version: 2.164\r\nSet-Cookie: guest=canary-cookie\r\n")
            connection.sendChunk(line(1))
            connection.sendChunk("\r\n")
            connection.sendChunk(line(2))
            connection.endStream()
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let sink = MemorySink()
        let recorder = Recorder(configuration, sink: sink)
        try recorder.run(ShutdownSignal())
        #expect(sink.text == line(1) + "\r\n" + line(2))
        #expect(sink.kinds == ["opened", "rules", "closed"])
        #expect(sink.events.map(\.offset) == [0, 0, sink.text.utf8.count])
        let opened = try #require(sink.events.first)
        #expect(opened.field("status") == "200")
        #expect(opened.field("url").hasPrefix(x.server.url + "/2/tweets/search/stream?tweet.fields=public_metrics,"))
        #expect(opened.field("headers").contains("\"api-version\":\"2.164\""))
        #expect(!opened.field("headers").contains("canary"))
        #expect(sink.events[1].field("rules") == ##"[{"id":"1","value":"#cat","tag":"cats"}]"##)
        #expect(sink.events[2].field("why") == "server-closed")
        #expect(sink.events[2].field("bytes") == "\(sink.text.utf8.count)")
        #expect(sink.isClosed)
        #expect(recorder.status.phase == .ended)
        #expect(recorder.status.lastEnd == .serverClosed)
    }

    @Test func cutsAndResetsAreFollowedByAnotherConnection() throws {
        let x = FakeX { number, connection in
            connection.sendStreamHead()
            connection.sendChunk(line(number))
            switch number {
            case 1: connection.sendChunk("{\"data\":{\"id")
            case 2:
                connection.hold(seconds: 0.1)
                connection.reset()
            case 3: connection.endStream()
            default: connection.hold(seconds: 10)
            }
        }
        defer { x.server.stop() }
        let sink = MemorySink()
        let thread = RecorderThread(Recorder(try x.configuration(), sink: sink))
        try thread.wait { sink.text.contains("\"4\"") }
        try thread.stop()
        #expect(sink.text == line(1) + "{\"data\":{\"id" + line(2) + line(3) + line(4))
        #expect(
            sink.events.filter { $0.kind == "closed" }.map { $0.field("why") } == [
                "cut", "reset", "server-closed", "stopped",
            ]
        )
        #expect(sink.events.filter { $0.kind == "opened" }.map { $0.field("connection") } == ["1", "2", "3", "4"])
        #expect(sink.events.filter { $0.kind == "closed" }.map { $0.field("curl") } == ["18", "56", "", ""])
    }

    @Test func silenceIsAStallAndKeepAlivesAreNone() throws {
        let x = FakeX { number, connection in
            connection.sendStreamHead()
            if number == 1 {
                for _ in 0..<12 {
                    connection.sendChunk("\r\n")
                    connection.hold(seconds: 0.1)
                }
                connection.sendChunk(line(1))
            }
            connection.hold(seconds: 10)
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.silenceLimit = .milliseconds(700)
        let sink = MemorySink()
        let thread = RecorderThread(Recorder(configuration, sink: sink))
        try thread.wait { sink.events.filter { $0.kind == "opened" }.count == 2 }
        try thread.stop()
        #expect(sink.text == String(repeating: "\r\n", count: 12) + line(1))
        #expect(sink.events.first { $0.kind == "closed" }?.field("why") == "stalled")
    }

    @Test func aStopIsSeenAtOnce() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.hold(seconds: 20)
        }
        defer { x.server.stop() }
        let sink = MemorySink()
        let thread = RecorderThread(Recorder(try x.configuration(), sink: sink))
        try thread.wait { sink.kinds.contains("opened") }
        let watch = Stopwatch()
        try thread.stop()
        #expect(watch.elapsed < .seconds(2))
        #expect(sink.events.last?.field("why") == "stopped")
        #expect(sink.isClosed)
    }

    @Test func busyServersAreAskedAgain() throws {
        let x = FakeX { number, connection in
            switch number {
            case 1: connection.answer(status: "503 Service Unavailable", body: "{}")
            case 2: connection.answer(status: "429 Too Many Requests", body: "{\"title\":\"Too Many Requests\"}")
            default:
                connection.sendStreamHead()
                connection.sendChunk(line(3))
                connection.hold(seconds: 10)
            }
        }
        defer { x.server.stop() }
        let sink = MemorySink()
        let thread = RecorderThread(Recorder(try x.configuration(), sink: sink))
        try thread.wait { !sink.text.isEmpty }
        try thread.stop()
        #expect(sink.text == line(3))
        #expect(sink.kinds == ["opened", "rules", "closed"])
        #expect(sink.events.first?.field("connection") == "1")
    }

    @Test func aRefusedTokenEndsWithAdviceAndWithoutTheToken() throws {
        let x = FakeX { _, connection in
            connection.answer(
                status: "401 Unauthorized",
                body: "{\"title\":\"Unauthorized\",\"detail\":\"Unauthorized\"}"
            )
        }
        defer { x.server.stop() }
        let log = MemoryLogSink()
        let sink = MemorySink()
        let recorder = Recorder(try x.configuration(), sink: sink, logger: Logger(label: "r", level: .debug, sink: log))
        let error = #expect(throws: RecorderError.self) { try recorder.run(ShutdownSignal()) }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("copy a valid token") == true)
        #expect(sink.isClosed)
        #expect(sink.kinds.isEmpty)
        #expect(!"\(log.entries) \(String(reflecting: error))".contains("canary-8e"))
        #expect(x.requests.all.allSatisfy { $0.contains("Authorization: Bearer canary-8e\r\n") })
    }

    @Test func aFullDiskEndsTheRecorderWithItsError() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            for id in 0..<1_000 where connection.sendChunk(line(id)) {}
        }
        defer { x.server.stop() }
        let sink = MemorySink(byteLimit: 100)
        #expect(throws: MemorySink.Full.self) { try Recorder(try x.configuration(), sink: sink).run(ShutdownSignal()) }
        #expect(sink.isClosed)
    }

    @Test func aNoticeInTheStreamIsLoggedAndJournalled() throws {
        let notice =
            #"{"errors":[{"title":"operational-disconnect","disconnect_type":"OperationalDisconnect","type":"a/operational-disconnect"}]}"#
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.sendChunk(line(1) + notice + "\r\n")
            connection.endStream()
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let log = MemoryLogSink()
        let sink = MemorySink()
        try Recorder(configuration, sink: sink, logger: Logger(label: "r", level: .info, sink: log)).run(
            ShutdownSignal()
        )
        #expect(sink.text == line(1) + notice + "\r\n")
        #expect(
            log.messages.contains { $0.contains("X says that it disconnects") && $0.contains("OperationalDisconnect") }
        )
    }

    @Test func theHookSeesEveryByteBeforeItIsAppended() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            for id in 0..<2_000 { connection.sendChunk(line(id)) }
            connection.endStream()
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let sink = MemorySink()
        let counter = ByteCounter(sink)
        try Recorder(configuration, sink: sink, hooks: RecorderHooks(onHandedOver: counter.count)).run(ShutdownSignal())
        #expect(counter.total == sink.text.utf8.count)
        #expect(counter.wasAlwaysAhead)
    }
}
