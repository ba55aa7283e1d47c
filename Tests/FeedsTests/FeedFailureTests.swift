import Failures
import Feeds
import Foundation
import Lifecycle
import Logging
import Replayer
import Sinks
import TestSupport
import Testing

/// What feeds do when their sink fails.
@Suite(.timeLimit(.minutes(20))) struct FeedFailureTests {
    @Test func aPermanentFeedIsNamedAndOpenedAgainUntilItsSinkWorks() throws {
        let trial = try FeedTrial()
        try trial.record(3)
        let running = try RunningFeed(trial.feed("ndjson:\(trial.path("later/out"))", .permanent, checkpoint: .ofSink))
        #expect(eventually { trial.health.all.contains { $0.trouble?.contains("later/out") == true } })
        try FileManager.default.createDirectory(atPath: trial.path("later"), withIntermediateDirectories: false)
        #expect(eventually { trial.ids("later/out") == [1, 2, 3] })
        #expect(eventually { trial.health.all.allSatisfy { $0.trouble == nil } })
        #expect(running.stop())
        #expect(running.feed.outcome.error == nil)
        let told = trial.logs.messages.filter { $0.contains("takes nothing") }
        #expect(told.count == 1, "\(told)")
        #expect(trial.logs.messages.contains { $0.contains("takes documents again") })
    }

    @Test func aDamagedIndexEndsAFollowerAndNotAPermanentFeed() throws {
        let trial = try FeedTrial()
        try trial.record(1)
        try Data(repeating: 7, count: 9_000).write(to: URL(fileURLWithPath: trial.path("index")))
        let following = try trial.feed("sqlite:\(trial.path("index"))", .following)
        #expect(throws: IndexFailure.self) {
            do { try following.run(ShutdownSignal()) } catch { throw IndexFailure(text: "\(error)") }
        }
        let running = try RunningFeed(trial.feed("sqlite:\(trial.path("index"))", .permanent, checkpoint: .ofSink))
        #expect(eventually { trial.health.all.contains { $0.failures > 0 } })
        // Somebody deletes it, as the message advises.
        try FileManager.default.removeItem(atPath: trial.path("index"))
        #expect(
            eventually { running.feed.outcome.books.records == 1 || trial.health.all.allSatisfy { $0.trouble == nil } }
        )
        #expect(running.stop(within: .seconds(5)))
    }

    private struct IndexFailure: Error { let text: String }

    @Test func aFullDeviceEndsAReplayAtOnceAndSettlesNothing() throws {
        let trial = try FeedTrial()
        try trial.record(3)
        let feed = try trial.feed("ndjson:/dev/full", .bounded(giveUpAfter: .seconds(60)))
        let error = #expect(throws: SinkError.self) { try feed.run(ShutdownSignal()) }
        #expect(error?.failureCause == .diskFull)
        #expect(feed.outcome.books.accepted == 0)
    }

    @Test func aMissingEngineIsGivenUpOnTime() throws {
        let trial = try FeedTrial()
        try trial.record(1)
        let feed = try trial.feed("opensearch:http://127.0.0.1:1/posts", .bounded(giveUpAfter: .milliseconds(600)))
        let error = #expect(throws: SinkError.self) { try feed.run(ShutdownSignal()) }
        #expect(error?.code == .unavailable)
        #expect(feed.outcome.elapsed >= .milliseconds(500))
    }
}
