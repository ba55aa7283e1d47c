import Foundation
import HTTPClient
import Lifecycle
import Logging
import Simulator
import Synchronization
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// A pass waits by a clock that nobody sets, never longer than X's window, and never past a stop.
@Suite(.timeLimit(.minutes(20)))
struct RefreshWaitTests {
    /// Posts of yesterday, and an X that answers its second lookup and some more with 429.
    private func fixture(reset: Duration, requests: ClosedRange<Int>) throws -> MoneyFixture {
        let fixture = try MoneyFixture(batch: 250) {
            $0.refusalDelay = reset
            $1.faults = [LookupFault(.refuse(status: 429), requests: requests)]
        }
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(86_400))
        return fixture
    }

    @Test func aResetHoursAheadHoldsAPassForOneWindow() throws {
        let fixture = try fixture(reset: .seconds(36_000), requests: 2...9)
        let before = fixture.xClock.clock.now
        let report = try fixture.pass(["1000/day"])
        let waited = fixture.xClock.clock.now - before
        #expect(waited >= .seconds(900) && waited < .seconds(902), "\(waited)")
        #expect(report.requests == 3 && report.read == 100 && report.spent == 100, "\(report)")
        guard case .refused(let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reason.contains("429"), "\(reason)")
        #expect(try fixture.ledger() == [fixture.day: 100])
    }

    @Test(arguments: [3_600, -3_600, 172_800, -172_800]) func aWallClockThatIsSetLeavesAWaitAsItIs(step: Int) throws {
        let fixture = try fixture(reset: .seconds(600), requests: 2...2)
        // Used by this thread alone.
        nonisolated(unsafe) let machine = fixture
        let waited = Mutex(Duration.zero)
        let refresher = try fixture.refresher(["1000/day"]) {
            $0.pause = { duration, _ in
                waited.withLock { $0 += duration }
                machine.xClock.advance(by: duration)
                machine.ahead = .seconds(step)
            }
        }
        // X's date tells that the clock is wrong, and says so with the answer after the wait.
        do { _ = try refresher.pass(ShutdownSignal()) } catch let error as RefresherError
            where error.code == .clockWrong
        {}
        try refresher.close()
        let total = waited.withLock { $0 }
        #expect(total >= .seconds(599) && total < .seconds(603), "\(total)")
        #expect(fixture.simulator.lookupCount >= 3, "it went on")
    }

    @Test func aStopWaitsForNoAnswerThatNobodyPaysFor() throws {
        let x = try ScriptedX(posts: 1..<3, at: MoneyFixture.start) { _ in nil }
        x.clock.advance(by: .seconds(86_400))
        let shutdown = ShutdownSignal()
        let hanging = ScriptedServer { connection in
            shutdown.request()
            connection.hold(seconds: 30)
        }
        defer { hanging.stop() }
        var configuration = RefresherConfiguration()
        configuration.budgets = [try Budget(parsing: "10/day")]
        let client = XAPIClient(
            endpoint: try XEndpoint(hanging.url),
            token: try BearerToken("x"),
            http: try HTTPClient(configuration: .init(userAgent: "test")),
            clock: x.clock.clock,
            isCancelled: { shutdown.isRequested(for: .seconds(20)) }
        )
        let refresher = try Refresher(
            journal: x.folder.path,
            client: client,
            configuration: configuration,
            clock: x.clock.clock,
            seed: 1
        )
        let watch = Stopwatch()
        let report = try refresher.pass(shutdown)
        #expect(report.ending == .stopped && report.requests == 0 && hanging.connectionCount == 1, "\(report)")
        #expect(watch.elapsed < .seconds(15))
        try refresher.close()
    }

    /// Redirects, and successes of another kind, come from the wrong address: asking again only costs.
    @Test(arguments: [302, 404, 401, 400, 409]) func whatNeedsAnOperatorEndsThePassWithItsFirstAnswer(
        status: Int
    ) throws {
        let fixture = try MoneyFixture(batch: 250) {
            $1.faults = [LookupFault(.refuse(status: status), requests: 1...1)]
        }
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(86_400))
        let refresher = try fixture.refresher(["1000/day"])
        let error = #expect(throws: XAPIError.self) { try refresher.pass(ShutdownSignal()) }
        #expect(error?.status == status && fixture.simulator.lookupCount == 1)
        try refresher.close()
        // What a redirect was answered to may have been billed, and waits.
        #expect(try fixture.pass(["1000/day"]).read == (status == 302 ? 150 : 250))
    }
}
