import HTTPClient
import Lifecycle
import Logging
import Recorder
import TestSupport
import Testing
import Time
import XAPI

/// A captive portal or a proxy answers with status 200: that is no stream, whatever its status says.
@Suite(.timeLimit(.minutes(20)))
struct PortalTests {
    private static let page =
        "<html>\n<title>Sign in</title>\n" + String(repeating: "<p>line</p>\n", count: 30) + "</html>\n"

    private let log = MemoryLogSink()

    private func recorder(_ configuration: RecorderConfiguration, _ sink: MemorySink) -> Recorder {
        let budget = BudgetGuard(
            Budget(amount: .posts(10), period: .day),
            price: .published,
            now: WallClock.system.now
        )
        return Recorder(
            configuration,
            sink: sink,
            budget: budget,
            logger: Logger(label: "r", level: .notice, sink: log)
        )
    }

    @Test(arguments: [false, true]) func itsPageIsNeitherRecordedNorBilledAndIsTriedAgain(
        answersForTheRules: Bool
    ) throws {
        let page = Self.page
        let server = ScriptedServer { connection in
            let isRules = connection.request.contains("/rules")
            let body = isRules && !answersForTheRules ? "{\"data\":[]}" : page
            connection.answer(status: "200 OK", headers: "Content-Type: text/html\r\n", body: body)
        }
        defer { server.stop() }
        var configuration = RecorderConfiguration(
            endpoint: try XEndpoint(server.url),
            token: try BearerToken("x"),
            http: .init(userAgent: "tester/1")
        )
        configuration.reconnect.timeScale = 0.001
        let sink = MemorySink()
        let thread = RecorderThread(recorder(configuration, sink))
        func warnings() -> Int { log.messages.count { $0.contains("a portal or proxy answered") } }
        try thread.wait { warnings() >= 3 }
        #expect(thread.recorder.status.budgetLeft == 10 && thread.recorder.status.connections == 0)
        try thread.stop()
        #expect(sink.byteCount == 0 && sink.events.isEmpty)
        #expect(!log.messages.contains { $0.contains("the stream is open") }, "\(log.messages)")
    }

    @Test func aSingleAttemptSaysWhoAnswered() throws {
        let x = FakeX { _, connection in
            connection.answer(status: "200 OK", headers: "Content-Type: text/html; charset=utf-8\r\n", body: Self.page)
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let error = #expect(throws: RecorderError.self) {
            try recorder(configuration, MemorySink()).run(ShutdownSignal())
        }
        #expect(error?.code == .tryLater)
        #expect(
            error?.message.contains("a portal or proxy answered") == true
                && error?.message.contains("text/html") == true
        )
    }

    /// Blank lines may be X's own, so they are recorded; what follows is not.
    @Test func blankLinesBeforeThePageAreRecordedAlone() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.sendChunk("\r\n")
            connection.hold(seconds: 0.1)
            connection.sendChunk(Self.page)
            connection.hold(seconds: 5)
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let sink = MemorySink()
        #expect(throws: RecorderError.self) { try recorder(configuration, sink).run(ShutdownSignal()) }
        #expect(sink.text == "\r\n" && sink.kinds == ["opened", "rules", "closed"])
        #expect(sink.events.last?.field("why") == "foreign")
    }

    @Test func aStreamThatIsSilentAtFirstIsOpenAllTheSame() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.hold(seconds: 20)
        }
        defer { x.server.stop() }
        let sink = MemorySink()
        let thread = RecorderThread(recorder(try x.configuration(), sink))
        try thread.wait { thread.recorder.status.phase == .streaming }
        try thread.stop()
        #expect(sink.kinds == ["opened", "rules", "closed"])
    }

    @Test func aPageInTheMiddleOfAStreamIsRecordedAndNotBilled() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.sendChunk("{\"data\":{\"id\":\"1\"}}\r\n" + Self.page)
            connection.endStream()
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let sink = MemorySink()
        let recorder = recorder(configuration, sink)
        try recorder.run(ShutdownSignal())
        #expect(sink.text.hasSuffix("</html>\n") && recorder.status.budgetLeft == 9)
    }
}
