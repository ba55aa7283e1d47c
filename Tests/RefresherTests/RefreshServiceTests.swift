import Foundation
import Journal
import Lifecycle
import Logging
import Refresher
import Simulator
import Synchronization
import TestSupport
import Testing
import Time

@Suite(.timeLimit(.minutes(20)))
struct RefreshServiceTests {
    @Test func whatEndsAPassEndsNotTheServiceBesideWhichARecorderRuns() throws {
        let fixture = try MoneyFixture(batch: 50)
        try fixture.stream()
        fixture.xClock.advance(by: .seconds(3_600))
        // Used by the service's thread alone, until that has ended.
        nonisolated(unsafe) let refreshers = fixture
        let (shutdown, calls) = (ShutdownSignal(), Calls())
        let log = MemoryLogSink()
        let service = RefreshService(
            every: .milliseconds(1),
            logger: Logger(label: "refresher", level: .notice, sink: log)
        ) { _, _ in
            guard calls.next() > 2 else { throw JournalError(.locked, "another refresher is at work") }
            return try refreshers.refresher(["1000"])
        }
        let thread = Thread { service.run(shutdown) }
        thread.start()
        let simulator = fixture.simulator
        // The suite's limit ends the waits.
        while simulator.lookupCount == 0 { sleepMilliseconds(5) }
        shutdown.request()
        while !thread.isFinished { sleepMilliseconds(5) }
        #expect(log.messages.filter { $0.contains("likes are not refreshed: another refresher is at work") }.count == 2)
        // It has let go of the journal.
        try fixture.refresher(["1000"]).close()
    }

    private final class Calls: Sendable {
        private let count = Mutex(0)
        func next() -> Int {
            count.withLock {
                $0 += 1
                return $0
            }
        }
    }
}
