import Feeds
import Foundation
import Journal
import Lifecycle
import Logging
import Replayer
import Sinks
import TestSupport
import Time

/// A journal that a test writes to, and feeds from it.
final class FeedTrial {
    let folder: TemporaryFolder
    let logs = MemoryLogSink()
    let health = HealthBoard()
    private let writer: JournalWriter
    private var posts = 0

    init() throws {
        folder = try TemporaryFolder()
        writer = try JournalWriter(directory: "\(folder.path)/journal", source: .filtered)
    }

    deinit {
        // Nothing of the test depends on how the journal is closed.
        try? writer.close()
    }

    func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// Records posts with the next ids.
    func record(_ count: Int) throws {
        for _ in 0..<count {
            posts += 1
            let line =
                "{\"data\":{\"id\":\"\(posts)\",\"text\":\"post\"},\"matching_rules\":[{\"id\":\"1\",\"tag\":\"cats\"}]}\r\n"
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
    }

    func feed(
        _ sink: String,
        _ persistence: FeedPersistence,
        checkpoint: FeedConfiguration.CheckpointChoice = .named("a")
    ) throws -> Feed {
        let isBounded = if case .bounded = persistence { true } else { false }
        let configuration = FeedConfiguration(
            sink: try SinkAddress(sink),
            journal: "\(folder.path)/journal",
            range: ReplayConfiguration(end: isBounded ? .now : .never, pollInterval: .milliseconds(10)),
            checkpoint: checkpoint,
            persistence: persistence
        )
        let logger = Logger(label: "test", level: .trace, sink: logs)
        return Feed(configuration, logger: logger, health: health, random: { 0 })
    }

    /// The ids in a file of NDJSON, in order.
    func ids(_ name: String) -> [Int] {
        guard let data = FileManager.default.contents(atPath: path(name)) else { return [] }
        return data.split(separator: 10).compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
            return (object?["tweet_id"] as? String).flatMap(Int.init)
        }
    }
}

/// A feed on a thread of its own.
final class RunningFeed: Sendable {
    let feed: Feed
    private let shutdown = ShutdownSignal()
    private let thread: WorkerThread

    init(_ feed: Feed) throws {
        self.feed = feed
        thread = try WorkerThread(name: "feed") { [shutdown] in
            // How it ended is in its outcome.
            try? feed.run(shutdown)
        }
    }

    /// Whether it ended within a time after it was asked to stop.
    func stop(within limit: Duration = .seconds(30)) -> Bool {
        shutdown.request()
        return thread.join(for: limit)
    }

    /// Whether it ended by itself within a time.
    func ends(within limit: Duration = .seconds(30)) -> Bool { thread.join(for: limit) }
}

/// Whether something comes true within half a minute.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let time = Stopwatch()
    while time.elapsed < .seconds(30) {
        if try condition() { return true }
        ShutdownSignal().wait(for: .milliseconds(10))
    }
    return false
}
