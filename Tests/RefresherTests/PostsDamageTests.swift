import Failures
import Foundation
import Lifecycle
import Logging
import SQLite
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// What stands in the way of a refresher is named, and passes; what can be rebuilt is rebuilt.
@Suite(.timeLimit(.minutes(20)))
struct PostsDamageTests {
    private enum Damage: CaseIterable {
        /// It is no database at all: opening it fails.
        case all
        /// The pages behind the schema are gone: opening it succeeds, reading it does not.
        case pages
    }

    @Test(arguments: Damage.allCases) private func aDamagedFileIsSetAsideAndFilledAgain(damage: Damage) throws {
        let fixture = try MoneyFixture(batch: 300)
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(86_400))
        #expect(try fixture.pass(["1000/day"]).read == 300)
        let known = try postsDump(fixture.journal)
        let path = fixture.journal + "/posts.sqlite"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let place = damage == .all ? 0 : 4_096
        bytes.replaceSubrange(place..., with: Data(repeating: 0xA5, count: bytes.count - place))
        try bytes.write(to: URL(fileURLWithPath: path))

        fixture.xClock.advance(by: .seconds(60))
        let report = try fixture.pass(["1000/day"])
        #expect(report.due == 0 && report.ending == .done, "\(report)")
        #expect(try postsDump(fixture.journal) == known)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".damaged")) == bytes)
        #expect(fixture.log.messages.count { $0.contains("set aside as posts.sqlite.damaged") } == 1)
        // And the pass after that has nothing to say.
        _ = try fixture.pass(["1000/day"])
        #expect(fixture.log.messages.count { $0.contains("set aside") } == 1)
    }

    @Test(arguments: ["posts.sqlite", "state.sqlite"]) func aLockedFileIsNamedAndAStopEndsTheWaitForIt(
        name: String
    ) throws {
        let fixture = try MoneyFixture(batch: 50)
        try fixture.stream()
        try fixture.pass(["1000/day"])
        fixture.xClock.advance(by: .seconds(86_400))
        let other = try Connection(path: "\(fixture.journal)/\(name)")
        try other.execute("BEGIN EXCLUSIVE")
        let (shutdown, log) = (ShutdownSignal(), MemoryLogSink())
        // Used by the service's thread alone, until that has ended.
        nonisolated(unsafe) let refreshers = fixture
        let service = RefreshService(
            every: .milliseconds(1),
            logger: Logger(label: "refresher", level: .notice, sink: log)
        ) { _, _ in try refreshers.refresher(["1000/day"]) }
        let thread = Thread { service.run(shutdown) }
        thread.start()
        // The suite's limit ends the waits; SQLite's own wait is five seconds.
        while !log.messages.contains(where: { $0.contains("likes are not refreshed: ") && $0.contains("locked") }) {
            sleepMilliseconds(5)
        }
        sleepMilliseconds(200)
        let watch = Stopwatch()
        shutdown.request()
        while !thread.isFinished { sleepMilliseconds(5) }
        #expect(watch.elapsed < .seconds(3), "less than SQLite's own wait")
        try other.execute("COMMIT")
        #expect(try fixture.pass(["1000/day"]).read == 50)
    }

    @Test func theWaitsAfterFailuresDoubleUpToALimitWithJitter() {
        for random in [0, 0.5, 0.999] {
            let backOff = RefreshBackOff(pause: .seconds(60)) { random }
            func waits(_ kind: FailureKind) -> [Double] {
                [1, 2, 3, 4, 5, 100, 10_000].map { backOff.wait(after: kind, failures: $0).asSeconds }
            }
            let part = 1 - random / 5
            for (wait, whole) in zip(waits(.retry), [60, 120, 240, 480, 600, 600, 600]) {
                #expect(abs(wait - Double(whole) * part) < 0.001)
            }
            for (wait, whole) in zip(waits(.operatorNeeded), [600, 1_200, 2_400, 3_600, 3_600, 3_600, 3_600]) {
                #expect(abs(wait - Double(whole) * part) < 0.001)
            }
        }
    }
}
