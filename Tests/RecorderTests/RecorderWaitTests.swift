import Failures
import Lifecycle
import Logging
import Recorder
import TestSupport
import Testing
import Time
import XAPI

/// Waits are measured by a clock that nobody sets; the wall clock only says when a budget's day or month begins.
@Suite(.timeLimit(.minutes(20)))
struct RecorderWaitTests {
    private static let noon = Timestamp(microseconds: 1_780_056_000_000_000)

    private let wall = ManualClock(Self.noon)
    private let monotonic = ManualMonotonicClock()
    private let log = MemoryLogSink()

    private func line(_ id: Int) -> String { "{\"data\":{\"id\":\"\(id)\"}}\r\n" }

    private func recorder(
        _ configuration: RecorderConfiguration,
        sink: MemorySink = MemorySink(),
        budget: BudgetGuard? = nil,
        room: RoomWatch? = nil
    ) -> RecorderThread {
        RecorderThread(
            Recorder(
                configuration,
                sink: sink,
                budget: budget,
                room: room,
                clock: wall.clock,
                monotonic: monotonic.clock,
                hooks: RecorderHooks(random: { 0 }),
                logger: Logger(label: "r", level: .notice, sink: log)
            )
        )
    }

    private func isWaiting(_ thread: RecorderThread) -> Bool {
        if case .waiting = thread.recorder.status.phase { true } else { false }
    }

    @Test(arguments: [3_600, -3_600, 172_800, -172_800])
    func aWallClockThatIsSetLeavesTheWaitForXsWindowAsItIs(step: Int) throws {
        let reset = Self.noon.seconds + 500
        let x = FakeX { number, connection in
            guard number == 1 else {
                connection.sendStreamHead()
                return connection.hold(seconds: 20)
            }
            let headers = "x-rate-limit-remaining: 0\r\nx-rate-limit-reset: \(reset)\r\n"
            connection.answer(status: "429 Too Many Requests", headers: headers, body: "{}")
        }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.reconnect.timeScale = 1
        let thread = recorder(configuration)
        try thread.wait { isWaiting(thread) }
        wall.advance(by: .seconds(step))
        monotonic.advance(by: .seconds(500))
        sleepMilliseconds(600)
        #expect(x.requests.streamCount == 1)
        monotonic.advance(by: .seconds(2))
        try thread.wait { thread.recorder.status.phase == .streaming || x.requests.streamCount == 2 }
        try thread.stop()
    }

    @Test func aStopEndsEveryWaitThoughNoClockMoves() throws {
        let x = FakeX { _, connection in connection.answer(status: "503 Service Unavailable", body: "") }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.reconnect.timeScale = 100
        let thread = recorder(configuration)
        try thread.wait { isWaiting(thread) }
        try thread.stop()
        #expect(x.requests.streamCount == 1)
    }

    /// Who looks for warnings alone must see that X is still away.
    @Test func whileXIsAwayEachAttemptThatFailsIsAWarning() throws {
        let x = FakeX { _, connection in connection.answer(status: "503 Service Unavailable", body: "") }
        defer { x.server.stop() }
        let thread = recorder(try x.configuration())
        try thread.wait {
            monotonic.advance(by: .seconds(60))
            return x.requests.streamCount >= 4
        }
        try thread.stop()
        #expect(log.entries.count { $0.level >= .warning } >= 3, "\(log.messages)")
    }

    /// Sends so many posts on each connection, and then nothing.
    private func x(posts: @escaping @Sendable (Int) -> Int) -> FakeX {
        FakeX { number, connection in
            connection.sendStreamHead()
            for id in 0..<posts(number) { connection.sendChunk(line(id)) }
            connection.hold(seconds: 20)
        }
    }

    @Test(arguments: [(Budget.Period.day, "2026-05-30T00:00:00Z"), (.month, "2026-06-01T00:00:00Z")])
    func aSpentBudgetIsWaitedForUntilItsNextPeriod(period: Budget.Period, begins: String) throws {
        let x = x { $0 == 1 ? 5 : 2 }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.waitsForBudget = true
        let budget = BudgetGuard(Budget(amount: .posts(5), period: period), price: .published, now: wall.clock.now)
        let next = try #require(Timestamp(rfc3339: begins))
        let sink = MemorySink()
        let thread = recorder(configuration, sink: sink, budget: budget)
        try thread.wait { thread.recorder.status.phase == .budgetSpent(until: next) }
        #expect(sink.events.last?.field("why") == "budget" && thread.recorder.status.budgetLeft == 0)
        // Monotonic time alone begins no day.
        monotonic.advance(by: .seconds(86_400 * 40))
        wall.set(next - .microseconds(1))
        sleepMilliseconds(600)
        #expect(x.requests.streamCount == 1)
        wall.set(next)
        try thread.wait {
            monotonic.advance(by: .milliseconds(20))
            return thread.recorder.status.counts.records == 7 && thread.recorder.status.budgetLeft == 3
        }
        try thread.stop()
        #expect(sink.kinds.count { $0 == "opened" } == 2 && sink.isClosed)
        #expect(log.messages.count { $0.contains("the budget is spent") } == 1, "\(log.messages)")
    }

    @Test func aBudgetOfARunIsNeverRenewedAndTheRecorderSaysSo() throws {
        let x = x { _ in 5 }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.waitsForBudget = true
        let budget = BudgetGuard(Budget(amount: .posts(5), period: .run), price: .published, now: wall.clock.now)
        let thread = recorder(configuration, budget: budget)
        try thread.wait { thread.recorder.status.phase == .budgetSpent(until: nil) }
        wall.advance(by: .seconds(86_400 * 400))
        monotonic.advance(by: .seconds(86_400 * 400))
        sleepMilliseconds(600)
        #expect(thread.recorder.status.phase == .budgetSpent(until: nil) && x.requests.streamCount == 1)
        try thread.stop()
        #expect(log.messages.count { $0.contains("until the next start") } == 1, "\(log.messages)")
    }

    @Test func theTimeToRecordAndTheDisksFloorEndTheWaitForABudget() throws {
        let x = x { _ in 5 }
        defer { x.server.stop() }
        var configuration = try x.configuration()
        configuration.waitsForBudget = true
        configuration.stopAfter = .seconds(3_600)
        let budget = BudgetGuard(
            Budget(amount: .posts(5), period: .day),
            price: .published,
            now: wall.clock.now,
            alreadySpent: 5
        )
        let thread = recorder(configuration, budget: budget)
        try thread.wait { thread.recorder.status.phase != .connecting }
        monotonic.advance(by: .seconds(3_600))
        try thread.join()
        let monotonic = monotonic
        let full = RoomWatch(place: "data/journal", warning: 0, floor: 500) {
            monotonic.clock.now < MonotonicTime(sinceStart: .seconds(3_700)) ? 1_000 : 400
        }
        let other = recorder(configuration, budget: budget, room: full)
        try other.wait { other.recorder.status.phase != .connecting }
        monotonic.advance(by: .seconds(100))
        let error = #expect(throws: RecorderError.self) { try other.join() }
        #expect(error?.code == .diskFloor && error?.failureCause == .diskFull)
        #expect(x.requests.all.isEmpty)
    }
}
