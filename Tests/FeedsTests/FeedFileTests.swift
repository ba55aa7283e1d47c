import Feeds
import Foundation
import Glibc
import Lifecycle
import Logging
import TestSupport
import Testing
import Time

/// A feed into a file that other programs move and cut, and into pipes.
@Suite(.timeLimit(.minutes(20))) struct FeedFileTests {
    @Test func aFileThatIsRenamedIsLeftAndANewOneBegun() throws {
        let trial = try FeedTrial()
        let running = try RunningFeed(trial.feed("ndjson:\(trial.path("out"))", .following))
        try trial.record(5)
        #expect(eventually { trial.ids("out") == Array(1...5) })
        try FileManager.default.moveItem(atPath: trial.path("out"), toPath: trial.path("out.1"))
        try trial.record(5)
        #expect(eventually { trial.ids("out") == Array(6...10) })
        #expect(running.stop())
        #expect(trial.ids("out.1") == Array(1...5))
        #expect(trial.logs.messages.contains { $0.contains("was renamed or deleted") })

        // The next start resumes in the new file.
        try trial.record(2)
        try trial.feed("ndjson:\(trial.path("out"))", .bounded(giveUpAfter: .seconds(1))).run(ShutdownSignal())
        #expect(trial.ids("out") == Array(6...12))
    }

    @Test func aFileThatIsTruncatedContinuesWithoutAHole() throws {
        let trial = try FeedTrial()
        let running = try RunningFeed(trial.feed("ndjson:\(trial.path("out"))", .following))
        try trial.record(5)
        #expect(eventually { trial.ids("out") == Array(1...5) })
        #expect(truncate(trial.path("out"), 0) == 0)
        try trial.record(5)
        #expect(eventually { trial.ids("out") == Array(6...10) })
        #expect(running.stop())
        #expect(trial.logs.messages.contains { $0.contains("has truncated") })
        #expect(FileManager.default.contents(atPath: trial.path("out"))?.first == UInt8(ascii: "{"))
    }

    @Test func aFileThatWasRotatedWhileNobodyFollowedIsContinuedWithAWarning() throws {
        let trial = try FeedTrial()
        let bounded = FeedPersistence.bounded(giveUpAfter: .seconds(1))
        try trial.record(3)
        try trial.feed("ndjson:\(trial.path("out"))", bounded).run(ShutdownSignal())
        try FileManager.default.moveItem(atPath: trial.path("out"), toPath: trial.path("out.1"))
        try trial.record(3)
        try trial.feed("ndjson:\(trial.path("out"))", bounded).run(ShutdownSignal())
        #expect(trial.ids("out") == Array(4...6))
        #expect(trial.logs.messages.contains { $0.contains("was renamed or deleted") })
        // Somebody else's content at the same place is another matter.
        try FileManager.default.removeItem(atPath: trial.path("out"))
        try "{}\n".write(toFile: trial.path("out"), atomically: true, encoding: .utf8)
        #expect(throws: (any Error).self) {
            try trial.feed("ndjson:\(trial.path("out"))", bounded).run(ShutdownSignal())
        }
        #expect(FileManager.default.contents(atPath: trial.path("out")) == Data("{}\n".utf8))
    }

    @Test func whatAKillLeftBehindTheCheckpointIsCutOff() throws {
        let trial = try FeedTrial()
        let bounded = FeedPersistence.bounded(giveUpAfter: .seconds(1))
        try trial.record(4)
        try trial.feed("ndjson:\(trial.path("out"))", bounded).run(ShutdownSignal())
        let file = try #require(FileHandle(forWritingAtPath: trial.path("out")))
        try file.seekToEnd()
        try file.write(contentsOf: Data("{\"tweet_id\":\"5\",\"version\":1}\n{\"tweet".utf8))
        try file.close()
        try trial.record(2)
        try trial.feed("ndjson:\(trial.path("out"))", bounded).run(ShutdownSignal())
        #expect(trial.ids("out") == Array(1...6))
    }

    @Test func aFIFOIsFedOnceItHasAReaderAndAStopNeedsNone() throws {
        let trial = try FeedTrial()
        #expect(mkfifo(trial.path("fifo"), 0o600) == 0)
        try trial.record(3)
        let stopped = try RunningFeed(trial.feed("ndjson:\(trial.path("fifo"))", .following))
        #expect(eventually { trial.logs.messages.contains { $0.contains("nobody reads the FIFO") } })
        #expect(stopped.stop(within: .seconds(2)))

        let running = try RunningFeed(trial.feed("ndjson:\(trial.path("fifo"))", .following))
        let reader = open(trial.path("fifo"), O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var received: [UInt8] = []
        while received.count(where: { $0 == 10 }) < 3 {
            let count = read(reader, &bytes, bytes.count)
            guard count > 0 else { break }
            received += bytes[0..<count]
        }
        #expect(received.count { $0 == 10 } == 3)
        #expect(running.stop())
        close(reader)
        // The checkpoint holds for a FIFO, too.
        try trial.record(1)
        let more = try RunningFeed(trial.feed("ndjson:\(trial.path("fifo"))", .bounded(giveUpAfter: .seconds(20))))
        let again = open(trial.path("fifo"), O_RDONLY)
        let count = read(again, &bytes, bytes.count)
        #expect(bytes[0..<max(0, count)].count { $0 == 10 } == 1)
        #expect(more.ends())
        close(again)
    }

    @Test func aFIFOThatIsNeverReadHoldsUpNoStop() throws {
        let trial = try FeedTrial()
        #expect(mkfifo(trial.path("fifo"), 0o600) == 0)
        let reader = open(trial.path("fifo"), O_RDONLY | O_NONBLOCK)
        // More than a pipe holds.
        try trial.record(2_000)
        let running = try RunningFeed(trial.feed("ndjson:\(trial.path("fifo"))", .following))
        ShutdownSignal().wait(for: .milliseconds(300))
        #expect(running.stop(within: .seconds(3)))
        close(reader)
    }
}
