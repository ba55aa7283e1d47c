import Foundation
import Lifecycle
import Logging
import Simulator
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// What fails is counted, the next pass goes on, and nothing is lost or bought twice on a day.
@Suite(.timeLimit(.minutes(20)))
struct FailingLookupTests {
    /// Posts of yesterday, so that each read costs.
    private func fixture(
        _ faults: [LookupFault] = [],
        _ change: (inout SimulatorConfiguration, inout LookupSettings) -> Void = { _, _ in }
    ) throws -> MoneyFixture {
        let fixture = try MoneyFixture(batch: 450) {
            $1.faults = faults
            change(&$0, &$1)
        }
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(86_400))
        return fixture
    }

    @Test(arguments: [
        LookupFault.Kind.refuse(status: 429), .refuse(status: 503), .omit, .partial,
    ])
    func onePassReadsEverythingThatXShowsAndPaysOnce(kind: LookupFault.Kind) throws {
        let fixture = try fixture([LookupFault(kind, requests: 2...3)])
        let refresher = try fixture.refresher(["1000/day"])
        var report = try refresher.pass(ShutdownSignal())
        #expect(report.ending == .done && report.due == 450, "\(report)")
        #expect(report.read + report.unknown == 450, "\(report)")
        #expect(report.unknown == ([.omit, .partial].contains(kind) ? 20 : 0), "\(report)")
        #expect(report.read == report.changed + report.same)
        if report.unknown > 0 {
            #expect(try refresher.pass(ShutdownSignal()).due == 0)
            fixture.xClock.advance(by: PostsFile.firstPutOff)
            report = try refresher.pass(ShutdownSignal())
            #expect(report.due == 20 && report.read == 20, "\(report)")
        }
        #expect(try refresher.pass(ShutdownSignal()).due == 0)
        try refresher.close()
        #expect(try fixture.lookedUpBilled() == [fixture.day - 1: 0, fixture.day: 450])
        #expect(try fixture.ledger() == [fixture.day: 450])
    }

    @Test func aPassEndsWithoutCreditsAndTheNextGoesOn() throws {
        let fixture = try fixture()
        fixture.simulator.setSpendCap(450 + 250)
        let report = try fixture.pass(["1000/day"])
        // The answer that reaches the cap comes whole.
        #expect(report.read == 300 && report.requests == 4 && report.spent == 300, "\(report)")
        guard case .refused(let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reason.contains("402") && reason.contains("credits"), "\(reason)")
        fixture.simulator.setSpendCap(nil)
        let next = try fixture.pass(["1000/day"])
        #expect(next.due == 150 && next.read == 150 && next.ending == .done, "\(next)")
        #expect(try fixture.ledger()[fixture.day] == 450 && fixture.lookedUpBilled()[fixture.day] == 450)
    }

    /// Nobody knows whether X billed what never came, so it counts once, and is not asked for again in the same pass.
    @Test(arguments: [LookupFault.Kind.cut, .lose, .hang])
    func aLostAnswerCountsOnceAndWaitsForAnotherPass(kind: LookupFault.Kind) throws {
        let fixture = try fixture([LookupFault(kind, request: 2)])
        let refresher = try fixture.refresher(["1000/day"], timeout: kind == .hang ? .milliseconds(500) : .seconds(60))
        let report = try refresher.pass(ShutdownSignal())
        #expect(report.ending == .done && report.read == 350 && report.unknown == 100, "\(report)")
        // The one behind the lost one asks for a single post.
        #expect(report.requests == 6 && report.spent == 450 && fixture.simulator.lookupCount == 6, "\(report)")
        #expect(try refresher.pass(ShutdownSignal()).due == 0)
        var read = 0
        for _ in 0..<5 {
            fixture.xClock.advance(by: PostsFile.firstPutOff)
            read += try refresher.pass(ShutdownSignal()).read
        }
        try refresher.close()
        // Whether X billed is unknown, so a later pass counts what it asks for anew.
        let billed = try fixture.lookedUpBilled()[fixture.day]
        #expect(try read == 100 && fixture.ledger() == [fixture.day: 550] && billed == 450)
    }

    @Test func answersThatAreLostEachTimeEndThePass() throws {
        let fixture = try fixture([LookupFault(.lose, requests: 1...2)])
        let report = try fixture.pass(["1000/day"])
        // All of a hundred, then a single post.
        #expect(report.requests == 2 && report.read == 0 && report.spent == 101, "\(report)")
        if case .refused = report.ending {} else { Issue.record("\(report)") }
        // They stand in nobody's way for a while.
        let others = try fixture.pass(["1000/day"])
        #expect(others.read == 349 && others.ending == .done, "\(others)")
        var read = 0
        for _ in 0..<5 {
            fixture.xClock.advance(by: PostsFile.firstPutOff)
            read += try fixture.pass(["1000/day"]).read
        }
        #expect(try read == 101 && fixture.ledger()[fixture.day] == 551)
        #expect(try fixture.lookedUpBilled()[fixture.day] == 450)
    }

    @Test func whatNeverLeftIsNotSpent() throws {
        let fixture = try fixture()
        fixture.simulator.stop()
        let report = try fixture.pass(["1000/day"])
        if case .refused = report.ending {} else { Issue.record("\(report)") }
        #expect(report.spent == 0 && report.left == 1_000, "\(report)")
    }

    @Test func goneAndSuspendedPostsAreNotBilled() throws {
        let fixture = try fixture {
            $1.fates.deletedPerMille = 300
            $1.fates.suspendedAuthorsPerMille = 300
            $1.fates.meanDelay = .seconds(3_600)
        }
        // Two of three are really gone.
        let report = try fixture.pass(["1000/day"]) { $0.deletionLimit.share = 1 }
        #expect(report.gone > 50 && report.read + report.gone == 450 && report.spent == report.read, "\(report)")
        #expect(try fixture.ledger() == [fixture.day: report.read])
        #expect(try fixture.lookedUpBilled()[fixture.day] == report.read)
    }

    @Test func aPassThatWaitsForXSaysSoAndEndsWhenItIsStopped() throws {
        let fixture = try fixture([LookupFault(.refuse(status: 429), request: 2)]) { configuration, _ in
            configuration.refusalDelay = .seconds(800)
        }
        let shutdown = ShutdownSignal()
        let log = fixture.log
        let stopper = startThread {
            for _ in 0..<3_000 where !log.messages.contains(where: { $0.contains("rate limit is used up") }) {
                sleepMilliseconds(20)
            }
            shutdown.request()
        }
        let refresher = try fixture.refresher(["1000/day"]) { $0.pause = { $1.wait(for: $0) } }
        let report = try refresher.pass(shutdown)
        try refresher.close()
        #expect(stopper.join() && report.ending == .stopped && report.read == 100, "\(report)")
        let next = try fixture.pass(["1000/day"])
        #expect(next.due == 350 && next.read == 350, "\(next)")
        #expect(try fixture.ledger()[fixture.day] == 450 && fixture.lookedUpBilled()[fixture.day] == 450)
    }

    @Test(arguments: [-300, 0, 300]) func whereXsWindowIsUsedUpThePassWaitsForTheNext(ahead: Int) throws {
        let fixture = try fixture {
            $0.enforcesRateLimits = true
            $1.requestLimit = 2
        }
        fixture.ahead = .seconds(ahead)
        let before = fixture.xClock.clock.now
        let report = try fixture.pass(["1000/day"])
        // Five requests are three windows; the simulator does not count what it answered with 429.
        let waited = fixture.xClock.clock.now - before
        #expect(waited >= .seconds(1_800) && waited < .seconds(1_810), "\(waited)")
        #expect(report.requests == 5 && fixture.simulator.lookupCount == 5 && report.read == 450, "\(report)")
        let waits = fixture.log.messages.count { $0.contains("rate limit is used up") }
        #expect(waits == 2 && report.ending == .done, "\(fixture.log.messages)")
        #expect(try fixture.ledger() == [fixture.day: 450])
        #expect(try fixture.lookedUpBilled()[fixture.day] == 450)
    }

    /// Credits that are gone and a window that is used up cost nothing.
    @Test(arguments: [402, 429, 500, 503]) func whatXRefusesCostsNothing(status: Int) throws {
        let fixture = try fixture([
            LookupFault(.refuse(status: status), requests: 1...([402: 1, 429: 5][status] ?? 15))
        ])
        let report = try fixture.pass(["1000/day"])
        #expect(report.spent == 0 && report.left == 1_000 && report.read == 0, "\(report)")
        guard case .refused(let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reason.contains("\(status)"), "\(reason)")
        #expect(try fixture.ledger() == [fixture.day: 0])
        fixture.xClock.advance(by: PostsFile.firstPutOff)
        let next = try fixture.pass(["1000/day"])
        #expect(next.read == 450 && next.ending == .done, "\(next)")
        #expect(try fixture.ledger() == [fixture.day: 450])
        #expect(try fixture.lookedUpBilled()[fixture.day] == 450)
    }

    @Test func aSecondRefresherIsRefusedAtOnce() throws {
        let fixture = try fixture()
        let first = try fixture.refresher(["1000/day"])
        #expect(throws: (any Error).self) { try fixture.refresher(["1000/day"]) }
        #expect(throws: (any Error).self) { try fixture.refresher([]) }
        try first.close()
        try fixture.refresher(["1000/day"]).close()
    }

    @Test(arguments: ["0", "$0.004/day", "0/month"]) func aBudgetOfNothingBuysNothing(budget: String) throws {
        let fixture = try fixture()
        let report = try fixture.pass([budget])
        #expect(report.ending == .budget && report.due == 450 && report.requests == 0 && report.left == 0, "\(report)")
        #expect(fixture.simulator.lookupCount == 0)
    }

    @Test func noReadsAreMadeWhereNoneAreAllowed() throws {
        let fixture = try fixture()
        #expect(try fixture.pass(["1000/day"]) { $0.readLimit = 0 }.requests == 0)
        #expect(try fixture.pass(["1000/day"]) { $0.readLimit = 7 }.read == 7)
    }
}
