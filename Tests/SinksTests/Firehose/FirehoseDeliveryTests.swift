import Foundation
import Journal
import Lifecycle
import TestSupport
import Testing
import Time
import Transform

@testable import Replayer
@testable import Sinks

/// A replay into a Firehose that fails in every way: nothing is missing, and what may be there twice is told.
@Suite(.timeLimit(.minutes(60)))
struct FirehoseDeliveryTests {
    private func record(_ path: String, posts: Int) throws {
        let writer = try JournalWriter(directory: path, source: .filtered)
        for number in 0..<posts {
            let line = Array(
                ("{\"data\":{\"id\":\"\(number)\",\"text\":\"post \(number) é\",\"public_metrics\":{\"like_count\":1}},"
                    + "\"matching_rules\":[{\"id\":\"1\",\"tag\":\"cats\"}]}\r\n").utf8
            )
            try line.withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private func replay(
        _ path: String,
        _ sink: FirehoseSink,
        seed: UInt64 = 1,
        batch: Int? = nil,
        isRaw: Bool = false
    ) throws -> ReplayBooks {
        var limits = DeliveryLimits()
        limits.firstWait = .milliseconds(2)
        limits.longestWait = .milliseconds(20)
        var configuration = ReplayConfiguration(batchDocumentLimit: batch)
        configuration.isRaw = isRaw
        let replayer = Replayer(
            journal: try Journal(directory: path),
            configuration: configuration,
            delivery: try ConcurrentDelivery(sink, limits: limits, patience: .endless, seed: seed)
        )
        try replayer.run(ShutdownSignal())
        return replayer.currentBooks
    }

    /// REPRISE_TEST_FIREHOSE_SEEDS sets how many.
    @Test func whateverFailsNothingIsMissingAndWhatMayBeThereTwiceIsTold() throws {
        let seeds = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_FIREHOSE_SEEDS"] ?? "") ?? 20
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        try record(folder.path, posts: 400)
        let calm = FirehoseDouble()
        let books = try replay(folder.path, FirehoseFixture.sink(calm.server.url))
        #expect(books.records == 400 && books.accepted == 400 && calm.state.records.count == 400)
        let all = Set(calm.state.records)
        #expect(all.count == 400 && calm.state.heads.allSatisfy { $0.contains("Firehose_20150804.PutRecordBatch") })
        var kinds: Set<String> = []
        for _ in 0..<seeds {
            let seed = random.next()
            let double = FirehoseDouble(seed: seed, faults: 30)
            let packed = Int.random(in: 0..<3, using: &random) == 0
            let sink = try FirehoseFixture.sink(double.server.url, timeout: .seconds(5)) {
                if packed { $0.packByteCount = 1_000 }
            }
            let books = try replay(folder.path, sink, seed: seed, batch: Int.random(in: 1...60, using: &random))
            let place: Comment = "\(random), seed \(seed)"
            let state = double.state
            #expect(books.records == 400 && books.documents == 400 && books.accepted == 400, place)
            let lines = state.records.flatMap { $0.split(separator: "\n").map { "\($0)\n" } }
            #expect(Set(lines) == all, place)
            // Twice only where an answer was lost, and no more often than it was told.
            let unanswered = Set(state.unanswered.keys.flatMap { $0.split(separator: "\n").map { "\($0)\n" } })
            let counts = Dictionary(lines.map { ($0, 1) }, uniquingKeysWith: +)
            #expect(counts.allSatisfy { $0.value == 1 || unanswered.contains($0.key) }, place)
            #expect(lines.count - 400 <= sink.totals.perhapsTwice, place)
            let lost = ["failed", "reset before", "lost", "truncated"].reduce(0) { $0 + state.calls[$1, default: 0] }
            #expect(sink.totals.lostAnswers == lost, place)
            kinds.formUnion(state.calls.keys)
        }
        #expect(kinds.count == 7 || seeds < 20, "\(kinds), \(random)")
    }

    @Test func lookupsAndDeletionsAreSkippedUnlessTheyAreAskedFor() throws {
        let batch = FirehoseFixture.batch(sizes: [40, 40])
        let added = batch.addTombstone(
            of: "42",
            offset: 5,
            number: 0,
            arrival: Timestamp(microseconds: 1_790_000_000_000_000),
            ordinal: 0
        )
        #expect(added)
        for includes in [false, true] {
            let double = FirehoseDouble()
            let sink = try FirehoseFixture.sink(double.server.url) { $0.includesRefreshes = includes }
            let delivery = try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(20)), seed: 1)
            _ = try delivery.deliver(batch.fittingCopy())
            try delivery.finish()
            let counts = try delivery.progress().counts
            try delivery.close()
            #expect(counts == DeliveryCounts(accepted: includes ? 3 : 2, skipped: includes ? 0 : 1))
            #expect(double.state.records.contains { $0.contains("\"gone\":true,\"version\":") } == includes)
        }
    }

    @Test func aBatchOfWhichNothingIsSentIsSettledWithoutACall() throws {
        let double = FirehoseDouble()
        let sink = try FirehoseFixture.sink(double.server.url)
        let delivery = try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(20)), seed: 1)
        for number in 0..<3 {
            let batch = DocumentBatch()
            let time = Timestamp(microseconds: 1_790_000_000_000_000)
            #expect(batch.addTombstone(of: "\(number)", offset: 0, number: 0, arrival: time, ordinal: 0))
            _ = try delivery.deliver(batch)
        }
        try delivery.finish()
        let progress = try delivery.progress()
        #expect(progress.settledBatches == 3 && progress.counts == DeliveryCounts(skipped: 3))
        try delivery.close()
        #expect(double.state.heads.isEmpty)
    }

    @Test func recordedLinesArePutAsTheyCame() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let text = "{\"data\":{\"id\":\"1\",\"text\":\"a\\u00e9\"}}\r\n\r\n{\"errors\":[]}\r\n"
        try Array(text.utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let double = FirehoseDouble()
        let sink = try FirehoseFixture.sink(double.server.url) { $0.isRaw = true }
        let books = try replay(folder.path, sink, isRaw: true)
        #expect(double.state.records == ["{\"data\":{\"id\":\"1\",\"text\":\"a\\u00e9\"}}\n", "{\"errors\":[]}\n"])
        #expect(books.records == 3 && books.yielding == 2 && books.droppedCount == 1 && books.accepted == 2)
    }
}
