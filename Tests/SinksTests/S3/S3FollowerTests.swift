import Failures
import Foundation
import Journal
import Lifecycle
import Synchronization
import TestSupport
import Testing
import Time

@testable import Replayer
@testable import Sinks

/// A follower writes an object when its window is over, and settles only then.
@Suite(.timeLimit(.minutes(20)))
struct S3FollowerTests {
    /// A follower on a thread, on a clock that the test moves, beside the recorder.
    private final class Follower: Sendable {
        let replayer: Replayer
        let shutdown = ShutdownSignal()
        private let thread: WorkerThread

        init(_ path: String, _ url: String, _ clock: ManualClock) throws {
            let journal = try Journal(directory: path)
            let delivery = try S3Fixture.delivery(url)
            let replayer = Replayer(
                journal: journal,
                configuration: .init(end: .never, pollInterval: .milliseconds(1), checkpointInterval: .zero),
                delivery: delivery,
                checkpoint: try Checkpoint(
                    journal: journal,
                    name: "live",
                    sink: delivery.identity,
                    transform: Replayer.transformDigest
                ),
                clock: clock.clock
            )
            self.replayer = replayer
            let shutdown = shutdown
            thread = try WorkerThread(name: "follower") {
                do { try replayer.run(shutdown) } catch let error as SinkError where error.code == .stopped {} catch {
                    Issue.record(error)
                }
            }
        }

        func stop() -> Bool {
            shutdown.request()
            return thread.join(for: .seconds(60))
        }
    }

    private func until(_ what: String, _ look: () -> Bool) throws {
        let limit = ContinuousClock.now + .seconds(60)
        while !look() {
            try #require(ContinuousClock.now < limit, "not in a minute: \(what)")
            sleepMilliseconds(1)
        }
    }

    @Test func aWindowIsOverWithALaterRecordOrWhenNoneCanComeAnyMore() throws {
        let folder = try TemporaryFolder()
        let double = S3Double()
        let clock = ManualClock(S3Fixture.start + .seconds(100))
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        func append(_ number: Int) throws { try S3Fixture.post(number).withUnsafeBytes { try writer.append($0) } }
        var live: Follower? = try Follower(folder.path, double.server.url, clock)
        func books() -> ReplayBooks { live?.replayer.currentBooks ?? ReplayBooks() }
        for number in 0..<10 { try append(number) }
        try until("ten records") { books().records == 10 }
        // Over, but a record that arrived in it might be on its way.
        clock.advance(by: .seconds(859))
        sleepMilliseconds(50)
        #expect(double.state.objects.isEmpty && books().documents == 0)
        clock.advance(by: .seconds(1))
        try until("the clock ends a window") { books().accepted == 10 }
        #expect(double.state.objects.count == 1)
        try append(10)
        clock.advance(by: .seconds(900))
        try append(11)
        try until("a record ends a window") { books().accepted == 11 }
        #expect(double.state.objects.count == 2)
        #expect(live?.stop() == true)
        // The last window was not over: it is settled by whoever comes next.
        #expect(double.state.objects.count == 2 && books().records == 12)
        // The checkpoint has one holder.
        live = nil
        try writer.close()
        let next = try Follower(folder.path, double.server.url, clock)
        clock.advance(by: .seconds(1_000))
        try until("the next follower") { double.state.objects.count == 3 }
        #expect(next.stop() && next.replayer.currentBooks.records == 1)
        let followed = double.state.objects
        let whole = S3Double()
        try S3Fixture.replay(folder.path, S3Fixture.delivery(whole.server.url))
        #expect(whole.state.objects == followed)
    }

    @Test func aFollowerThatIsStoppedInTheMiddleOfAnUploadLeavesNoneOpen() throws {
        let folder = try TemporaryFolder()
        let double = S3Double()
        let clock = ManualClock(S3Fixture.start + .seconds(100))
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        for number in 0..<30 { try S3Fixture.post(number).withUnsafeBytes { try writer.append($0) } }
        let delivery = try S3Fixture.delivery(double.server.url, partSize: 1_000)
        let replayer = Replayer(
            journal: try Journal(directory: folder.path),
            configuration: .init(end: .never, pollInterval: .milliseconds(1)),
            delivery: delivery,
            clock: clock.clock
        )
        let shutdown = ShutdownSignal()
        let ended = Mutex<SinkError?>(nil)
        let thread = try WorkerThread(name: "follower") {
            do { try replayer.run(shutdown) } catch { ended.withLock { $0 = error as? SinkError } }
        }
        try until("parts") { double.state.heads.contains { $0.contains("partNumber=3") } }
        #expect(double.state.uploads.count == 1)
        shutdown.request()
        #expect(thread.join(for: .seconds(30)))
        #expect(ended.withLock { $0?.code } == .stopped)
        #expect(double.state.uploads.isEmpty && double.state.objects.isEmpty)
        try writer.close()
    }
}
