import Journal
import Lifecycle
import Recorder
import TestSupport
import Testing
import Time
import XAPI

@Suite(.timeLimit(.minutes(20)))
struct RecorderLimitTests {
    private func line(_ id: Int) -> String { "{\"data\":{\"id\":\"\(id)\"}}\r\n" }

    @Test func theBudgetClosesTheStream() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            for id in 0..<1_000 {
                guard connection.sendChunk(line(id)) else { return }
                connection.hold(seconds: 0.01)
            }
        }
        defer { x.server.stop() }
        let budget = BudgetGuard(
            Budget(amount: .posts(10), period: .day),
            price: .published,
            now: WallClock.system.now,
            alreadySpent: 5
        )
        let sink = MemorySink()
        let recorder = Recorder(try x.configuration(), sink: sink, budget: budget)
        try recorder.run(ShutdownSignal())
        #expect((5...50).contains(sink.counts.records))
        #expect(sink.events.last?.field("why") == "budget")
        #expect(recorder.status.budgetLeft == 0)
        #expect(recorder.status.connections == 1)
    }

    @Test func aBudgetThatIsUsedUpOpensNothing() throws {
        let x = FakeX { _, connection in connection.sendStreamHead() }
        defer { x.server.stop() }
        let budget = BudgetGuard(
            Budget(amount: .posts(10), period: .month),
            price: .published,
            now: WallClock.system.now,
            alreadySpent: 10
        )
        let sink = MemorySink()
        try Recorder(try x.configuration(), sink: sink, budget: budget).run(ShutdownSignal())
        #expect(x.requests.all.isEmpty)
        #expect(sink.isClosed)
    }

    @Test func theTimeToRecordEndsIt() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.hold(seconds: 20)
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.stopAfter = .milliseconds(300)
        let sink = MemorySink()
        let watch = Stopwatch()
        try Recorder(configuration, sink: sink).run(ShutdownSignal())
        #expect(watch.elapsed < .seconds(3))
        #expect(sink.events.last?.field("why") == "stopped")
    }

    @Test func theTimeToRecordEndsAWaitToo() throws {
        let x = FakeX { _, connection in connection.answer(status: "503 Service Unavailable", body: "") }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.reconnect.timeScale = 10
        configuration.stopAfter = .milliseconds(300)
        let watch = Stopwatch()
        try Recorder(configuration, sink: MemorySink()).run(ShutdownSignal())
        #expect(watch.elapsed < .seconds(3))
    }

    @Test func onceFailsWhereNoStreamOpens() throws {
        let x = FakeX { _, connection in connection.answer(status: "503 Service Unavailable", body: "") }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let error = #expect(throws: RecorderError.self) {
            try Recorder(configuration, sink: MemorySink()).run(ShutdownSignal())
        }
        #expect(error?.code == .tryLater)
    }

    @Test func rulesArePutInForceBeforeTheFirstConnection() throws {
        let added = ##"{"data":[{"id":"2","value":"#dog","tag":"dogs"}]}"##
        let x = FakeX(rulesAfterAdding: added) { number, connection in
            connection.sendStreamHead()
            if number < 3 { connection.endStream() } else { connection.hold(seconds: 10) }
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.rules = [StreamRule(value: "#dog", tag: "dogs")]
        configuration.prunesRules = true
        let sink = MemorySink()
        let thread = RecorderThread(Recorder(configuration, sink: sink))
        try thread.wait { sink.kinds.filter { $0 == "opened" }.count == 3 }
        try thread.stop()
        let posts = x.requests.all.filter { $0.hasPrefix("POST") }
        #expect(posts.count == 3)
        #expect(posts.first?.contains("dry_run=true") == true)
        #expect(posts[1].hasSuffix(#"{"delete":{"ids":["1"]}}"#))
        #expect(posts.last?.hasSuffix(##"{"add":[{"tag":"dogs","value":"#dog"}]}"##) == true)
    }

    @Test func rulesThatXRefusesEndTheRecorder() throws {
        let body =
            #"{"errors":[{"value":"has:","details":["no such operator"],"title":"UnprocessableEntity","type":"a/invalid-rules"}]}"#
        let x = FakeX(rules: body) { _, connection in connection.sendStreamHead() }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.rules = [StreamRule(value: "has:", tag: "dogs")]
        let error = #expect(throws: RecorderError.self) {
            try Recorder(configuration, sink: MemorySink()).run(ShutdownSignal())
        }
        #expect(error?.code == .rules)
        #expect(error?.message.contains("no such operator") == true)
    }

    @Test func theJournalHoldsWhatCame() throws {
        let x = FakeX { number, connection in
            connection.sendStreamHead()
            connection.sendChunk(line(number))
            if number == 1 { connection.sendChunk("{\"da") } else { connection.endStream() }
        }
        defer { x.server.stop() }
        let folder = try TemporaryFolder()
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        for _ in 0..<2 {
            let writer = try JournalWriter(directory: folder.path, source: .filtered)
            try Recorder(configuration, sink: writer).run(ShutdownSignal())
        }
        let reader = try RecordReader(
            journal: try Journal(directory: folder.path),
            source: .filtered,
            from: .beginning,
            to: .now
        )
        var marks: [RecordMark.Kind] = []
        var kinds: [String] = []
        while let batch = try reader.nextBatch() {
            marks += batch.records.map(\.kind)
            kinds += batch.events.map(\.kind)
        }
        #expect(marks == [.whole, .torn, .whole])
        #expect(kinds == ["opened", "rules", "closed", "opened", "rules", "closed"])
    }
}
