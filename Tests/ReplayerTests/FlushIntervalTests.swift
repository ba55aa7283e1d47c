import Foundation
import Journal
import Lifecycle
import Sinks
import Synchronization
import TestSupport
import Testing
import Time
import Transform

@testable import Replayer

/// A follower's batches on a clock that the test moves.
@Suite(.timeLimit(.minutes(20)))
struct FlushIntervalTests {
    private static let start = Timestamp(microseconds: 1_780_000_000_000_000)

    /// A follower on a thread, its sink, and what it told last.
    private final class Follower: Sendable {
        let clock = ManualClock(FlushIntervalTests.start)
        let steady = ManualMonotonicClock()
        let shutdown = ShutdownSignal()
        let sink = CountingSink()
        let replayer: Replayer
        private let told: Last
        private let thread: WorkerThread

        final class Last: Sendable { let state = Mutex<ReplayProgress?>(nil) }

        init(_ path: String, _ interval: Duration, limit: Int? = nil) throws {
            let last = Last()
            told = last
            let replayer = Replayer(
                journal: try Journal(directory: path),
                configuration: .init(
                    end: .never,
                    batchDocumentLimit: limit,
                    pollInterval: .milliseconds(1),
                    flushInterval: interval,
                    checkpointInterval: .zero
                ),
                delivery: LocalDelivery(sink),
                clock: clock.clock,
                steady: steady.clock,
                onProgress: { state in last.state.withLock { $0 = state } }
            )
            self.replayer = replayer
            let shutdown = shutdown
            thread = try WorkerThread(name: "follower") {
                do { try replayer.run(shutdown) } catch { Issue.record(error) }
            }
        }

        /// Time passes: on both clocks.
        func advance(by duration: Duration) {
            steady.advance(by: duration)
            clock.advance(by: duration)
        }

        var lag: Duration? { told.state.withLock { $0?.lag } }

        func until(_ what: () -> Bool) throws {
            let limit = ContinuousClock.now + .seconds(60)
            while !what() {
                try #require(ContinuousClock.now < limit, "not in a minute")
                usleep(500)
            }
        }

        func stop() -> Bool {
            shutdown.request()
            return thread.join(for: .seconds(60))
        }
    }

    /// The sizes of the batches that it was given.
    private final class CountingSink: Sink, Sendable {
        let kind = SinkKind.append
        let identity = "counting"
        private let sizes = Mutex<[Int]>([])

        var batches: [Int] { sizes.withLock { $0 } }

        func deliver(_ batch: DocumentBatch) -> DeliveryCounts {
            sizes.withLock { $0.append(batch.documents.count) }
            return DeliveryCounts(accepted: batch.documents.count)
        }

        func flush() {}
        func close() {}
    }

    @Test func postsThatArriveOneByOneGoTogetherWhenTheFirstHasWaitedLongEnough() throws {
        let folder = try TemporaryFolder()
        let follower = try Follower(folder.path, .milliseconds(200))
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: follower.clock.clock)
        for id in 1...9 {
            follower.advance(by: .milliseconds(20))
            try writer.append(post(id))
            try follower.until { follower.replayer.currentBooks.records == id }
        }
        // 20 to 180 ms: the first is 160 ms old, whatever the machine's clock says meanwhile.
        try follower.until { follower.lag == .milliseconds(160) }
        usleep(50_000)
        #expect(follower.sink.batches.isEmpty)
        follower.advance(by: .milliseconds(40))
        try follower.until { follower.replayer.currentBooks.accepted == 9 }
        #expect(follower.sink.batches == [9])
        try follower.until { follower.lag == .zero }

        follower.advance(by: .seconds(60))
        try writer.append(post(10))
        try follower.until { follower.replayer.currentBooks.records == 10 }
        #expect(follower.sink.batches == [9], "a lone post waits too")
        follower.advance(by: .milliseconds(200))
        try follower.until { follower.replayer.currentBooks.accepted == 10 }

        try writer.append(post(11))
        try follower.until { follower.replayer.currentBooks.records == 11 }
        #expect(follower.stop())
        #expect(follower.sink.batches == [9, 1, 1], "a stop delivers what waits")
        try writer.close()
    }

    @Test func aFullBatchAndABacklogDoNotWait() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Self.start + .seconds(-5))
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        for id in 1...7 { try writer.append(post(id)) }
        let follower = try Follower(folder.path, .milliseconds(200), limit: 3)
        try follower.until { follower.replayer.currentBooks.accepted == 7 }
        #expect(follower.sink.batches == [3, 3, 1])
        clock.set(Self.start)
        follower.advance(by: .milliseconds(1))
        for id in 8...11 { try writer.append(post(id)) }
        try follower.until { follower.replayer.currentBooks.accepted == 10 }
        // The clock stands still: only the fourth waits.
        try follower.until { follower.replayer.currentBooks.records == 11 }
        #expect(follower.replayer.currentBooks.accepted == 10)
        #expect(follower.stop())
        try writer.close()
    }

    @Test func theWallClockMovesNoWait() throws {
        let folder = try TemporaryFolder()
        let follower = try Follower(folder.path, .milliseconds(200))
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: follower.clock.clock)
        try writer.append(post(1))
        try follower.until { follower.replayer.currentBooks.records == 1 }
        for step in [Duration.seconds(3_600), .seconds(-172_800), .seconds(172_800)] {
            follower.clock.advance(by: step)
            usleep(20_000)
            #expect(follower.sink.batches.isEmpty, "after a step of \(step)")
        }
        follower.steady.advance(by: .milliseconds(201))
        try follower.until { follower.replayer.currentBooks.accepted == 1 }
        #expect(follower.stop())
        try writer.close()
    }

    @Test func withoutAnIntervalNothingWaits() throws {
        let folder = try TemporaryFolder()
        let follower = try Follower(folder.path, .zero)
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: follower.clock.clock)
        for id in 1...3 {
            try writer.append(post(id))
            try follower.until { follower.replayer.currentBooks.accepted == id }
        }
        #expect(follower.sink.batches == [1, 1, 1])
        #expect(follower.stop())
        try writer.close()
    }
}
