import AWS
import Foundation
import HTTPClient
import Journal
import Lifecycle
import TestSupport
import Testing
import Time
import Transform

@testable import Replayer
@testable import Sinks

/// A journal over some windows, and replays of it into a double.
enum S3Fixture {
    static let secret = "canary-secret-5d1e"
    /// A quarter of an hour begins with it.
    static let start = Timestamp(microseconds: 1_764_252_000_000_000)

    static func connection(_ url: String) throws -> AWSConnection {
        let settings = try AWSSettings(environment: [
            "HOME": "/nowhere", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": secret,
        ])
        return try AWSConnection(settings, http: HTTPClientConfiguration(userAgent: "test"), timeout: .seconds(10))
    }

    static func post(_ number: Int) -> [UInt8] {
        Array(
            ("{\"data\":{\"id\":\"\(number)\",\"text\":\"post \(number) é\",\"public_metrics\":{\"like_count\":1}},"
                + "\"matching_rules\":[{\"id\":\"1\",\"tag\":\"cats\"}]}\r\n").utf8
        )
    }

    /// A post each so many seconds; keep-alives between them.
    static func record(_ path: String, posts: Int, every step: Duration, source: SourceName = .filtered) throws {
        let clock = ManualClock(start + .seconds(100))
        let writer = try JournalWriter(directory: path, source: source, clock: clock.clock)
        for number in 0..<posts {
            try post(number).withUnsafeBytes { try writer.append($0) }
            if number.isMultiple(of: 7) { try Array("\r\n".utf8).withUnsafeBytes { try writer.append($0) } }
            clock.advance(by: step)
        }
        try writer.close()
    }

    static func delivery(
        _ url: String,
        seed: UInt64 = 1,
        partSize: Int = 5 << 20,
        patience: DeliveryPatience = .endless,
        compression: S3Options.Compression = .none,
        onNotice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> S3Delivery {
        var limits = DeliveryLimits()
        limits.firstWait = .milliseconds(2)
        limits.longestWait = .milliseconds(20)
        var options = S3Options()
        options.compression = compression
        let delivery = try S3Delivery(
            S3Address("posts/x"),
            connection(url),
            options,
            transformDigest: Replayer.transformDigest,
            limits: limits,
            patience: patience,
            seed: seed,
            onNotice: onNotice
        )
        delivery.sizes = S3Sizes(part: partSize, piece: min(partSize, S3Sizes().piece))
        return delivery
    }

    @discardableResult
    static func replay(
        _ path: String,
        _ delivery: S3Delivery,
        _ configuration: ReplayConfiguration = ReplayConfiguration(),
        checkpoint: String? = nil,
        clock: WallClock = .system
    ) throws -> ReplayBooks {
        let journal = try Journal(directory: path)
        let saved = try checkpoint.map {
            try Checkpoint(journal: journal, name: $0, sink: delivery.identity, transform: Replayer.transformDigest)
        }
        let replayer = Replayer(
            journal: journal,
            configuration: configuration,
            delivery: delivery,
            checkpoint: saved,
            clock: clock
        )
        try replayer.run(ShutdownSignal())
        return replayer.currentBooks
    }

    /// The lines that a replay into NDJSON gives.
    static func lines(_ path: String, _ configuration: ReplayConfiguration = ReplayConfiguration()) throws -> [String] {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/all"
        let replayer = Replayer(
            journal: try Journal(directory: path),
            configuration: configuration,
            sink: try NDJSONSink(path: file, resuming: false)
        )
        try replayer.run(ShutdownSignal())
        return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// The lines of objects that are not compressed, in the order of their names.
    static func lines(_ objects: [String: [UInt8]]) -> [String] {
        objects.keys.sorted().flatMap { key in
            String(decoding: objects[key] ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }
}
