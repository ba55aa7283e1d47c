import Foundation
import Journal
import Lifecycle
import Logging
import Simulator
import Synchronization
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// Trouble that does not go away by asking again: clocks that step, posts that X fails on, passes that end in an error.
@Suite(.timeLimit(.minutes(20)))
struct StubbornTroubleTests {
    private static let midnight = Timestamp(rawValue: 20_781 * 86_400_000_000)

    @Test(arguments: [-2_700, 0, 2_400, 3_500]) func aClockThatStepsInsideAPassMovesNoMoneyToAnotherDay(
        step: Int
    ) throws {
        let fixture = try MoneyFixture(batch: 600, start: Self.midnight - .seconds(86_400 + 120)) {
            $1.faults = [LookupFault(.refuse(status: 503), request: 2)]
        }
        try fixture.stream()
        fixture.xClock.set(Self.midnight - .seconds(1_800))
        // Used by this thread alone.
        nonisolated(unsafe) let machine = fixture
        func pass(_ budget: String, stepping: Bool) throws -> RefreshReport {
            try fixture.pass([budget]) {
                $0.schedule.steps = [.seconds(23 * 3_600), .seconds(26 * 3_600)]
                guard stepping else { return }
                $0.pause = { duration, _ in
                    machine.xClock.advance(by: duration)
                    machine.ahead = .seconds(step)
                }
            }
        }
        let report = try pass("200/day", stepping: true)
        #expect(report.spent == 200 && report.ending == .budget, "\(report)")
        #expect(try fixture.ledger() == [20_780: 200] && fixture.lookedUpBilled()[20_780] == 200)
        fixture.xClock.set(Self.midnight + .seconds(3 * 3_600))
        _ = try pass("5000/day", stepping: false)
        let (ours, theirs) = (try fixture.ledger(), try fixture.lookedUpBilled())
        #expect(ours[20_781] == theirs[20_781] && ours[20_780] == theirs[20_780], "\(ours), \(theirs)")
    }

    @Test func theBudgetOfARunOutlivesItsRefreshers() throws {
        let fixture = try MoneyFixture(batch: 600) {
            $1.faults = [LookupFault(.refuse(status: 401), requests: 2...3)]
        }
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(2 * 86_400))
        // Used by the service's thread alone, until that has ended.
        nonisolated(unsafe) let refreshers = fixture
        let shutdown = ShutdownSignal()
        let log = MemoryLogSink()
        let logger = Logger(label: "refresher", level: .notice, sink: log)
        let service = RefreshService(every: .milliseconds(1), logger: logger) { _, spentInRun in
            try refreshers.refresher(["150"], spentInRun: spentInRun) { $0.billing = .none }
        }
        let thread = Thread { service.run(shutdown) }
        thread.start()
        // The suite's limit ends the waits.
        while fixture.simulator.lookupCount < 4 { sleepMilliseconds(5) }
        sleepMilliseconds(300)
        shutdown.request()
        while !thread.isFinished { sleepMilliseconds(5) }
        #expect(log.messages.count { $0.contains("likes are not refreshed") } == 2, "\(log.messages)")
        #expect(try fixture.ledger().values.reduce(0, +) == 150)
        #expect(try fixture.lookedUpBilled().values.reduce(0, +) == 150)
    }

    @Test func whatXTellsNothingOfStandsInNobodysWay() throws {
        let x = try ScriptedX(posts: 1..<201, at: Self.midnight + .seconds(3_600)) { ids in
            let known = ids.filter { (UInt64($0) ?? 0) > 100 }.map { ScriptedX.post($0, likes: 0) }
            return "{\"data\":[\(known.joined(separator: ","))],\"errors\":[]}"
        }
        x.clock.advance(by: .seconds(4_000))
        func pass() throws -> RefreshReport {
            try x.pass("1000/day") {
                $0.readLimit = 100
                $0.schedule.steps = [.seconds(900)]
            }
        }
        let reports = [try pass(), try pass(), try pass()]
        #expect(reports.map(\.read).reduce(0, +) == 100 && reports[2].due == 0, "\(reports)")
        // Asked for again after a while, and each time later.
        x.clock.advance(by: PostsFile.firstPutOff)
        #expect(try pass().unknown == 100)
        x.clock.advance(by: PostsFile.firstPutOff)
        #expect(try pass().due == 0)
        x.clock.advance(by: PostsFile.firstPutOff)
        #expect(try pass().unknown == 100)
    }

    @Test(arguments: [[5], [1, 300], [150, 151], [100, 101]]) func whatXFailsOnIsFoundAndTheOthersAreRead(
        bad: [Int]
    ) throws {
        let names = Set(bad.map(String.init))
        let x = try ScriptedX(
            posts: 1..<301,
            at: Self.midnight + .seconds(3_600),
            answering: ScriptedX.Answers { ids in
                guard names.isDisjoint(with: ids) else { return ("500 Internal Server Error", "{}") }
                return ("200 OK", "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}")
            }
        )
        x.clock.advance(by: .seconds(4_000))
        let report = try x.pass("2000/day") { $0.schedule.steps = [.seconds(900)] }
        #expect(report.read == 300 - bad.count && report.unknown == bad.count && report.ending == .done, "\(report)")
        let next = try x.pass("2000/day") { $0.schedule.steps = [.seconds(900)] }
        #expect(next.due == 0 && next.requests == 0, "\(next)")
    }

    @Test func aWindowThatIsUsedUpMeanwhileIsNoFaultOfThePosts() throws {
        let fixture = try MoneyFixture(batch: 250) {
            $0.refusalDelay = .seconds(300)
            $1.faults = [
                LookupFault(.refuse(status: 500), requests: 1...5), LookupFault(.refuse(status: 429), request: 6),
            ]
        }
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(7_200))
        let report = try fixture.pass(["1000/day"])
        #expect(report.read == 250 && report.unknown == 0 && report.ending == .done, "\(report)")
        #expect(report.requests == 5 + 1 + 2 + 2, "\(report)")
    }

    @Test func anOutageHoldsNothingBackForLong() throws {
        let fixture = try MoneyFixture(batch: 3) {
            // Five times all three, then one, the other two, and each of those.
            $1.faults = [LookupFault(.refuse(status: 503), requests: 1...6 * 9)]
        }
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(7_200))
        for _ in 0..<6 {
            let report = try fixture.pass(["1000/day"])
            if case .refused = report.ending {} else { Issue.record("\(report)") }
            #expect(try fixture.pass(["1000/day"]).due == 0)
            fixture.xClock.advance(by: PostsFile.firstPutOff)
        }
        let report = try fixture.pass(["1000/day"])
        #expect(report.read == 3 && report.ending == .done, "\(report)")
    }

    @Test func anOutlookBesideARefresherLeavesItsScheduleAlone() throws {
        let fixture = try MoneyFixture(batch: 100)
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(7_200))
        let file = fixture.journal + "/posts.sqlite"
        let refresher = try fixture.refresher(["1000/day"])
        #expect(try refresher.pass(ShutdownSignal()).read == 100)
        try fixture.stream()
        let known = try rows(file, "SELECT schedule FROM identity")
        var configuration = RefresherConfiguration()
        configuration.schedule = RefreshSchedule(steps: [.seconds(60), .seconds(7_000)])
        configuration.schedule.includesReposts = true
        configuration.budgets = [try Budget(parsing: "1000/day")]
        fixture.xClock.advance(by: .seconds(61))
        let outlook = try RefreshOutlook(
            journal: fixture.journal,
            configuration: configuration,
            clock: fixture.clock,
            ShutdownSignal()
        )
        #expect(try outlook.plan().due == 100)
        #expect(try rows(file, "SELECT schedule FROM identity") == known)
        let steps = try rows(file, "SELECT DISTINCT (due - first) / 1000000 FROM posts ORDER BY 1")
        #expect(steps == ["900", "14400"])
        try refresher.close()
    }
}
