import Foundation
import Journal
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Replayer
@testable import Sinks

/// Calls fail in every way; what the engine holds in the end is what it would hold without.
@Suite(.timeLimit(.minutes(60)))
struct FaultTests {
    private func post(_ id: Int, likes: Int) -> String {
        "{\"data\":{\"id\":\"\(id)\",\"text\":\"post \(id)\",\"public_metrics\":{\"like_count\":\(likes)}},"
            + "\"matching_rules\":[{\"id\":\"1\",\"tag\":\"cats\"}]}\r\n"
    }

    private func record(_ path: String, posts: Int, _ random: inout SeededRandom) throws {
        let writer = try JournalWriter(directory: path, source: .filtered)
        for number in 0..<posts {
            let line = Array(post(Int.random(in: 0...number, using: &random), likes: number).utf8)
            try line.withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private func replay(_ path: String, _ engine: FaultyEngine, seed: UInt64, batch: Int) throws -> ReplayBooks {
        let address = try SearchAddress(.elasticsearch, "\(engine.server.url)/posts")
        let sink = SearchSink(address, SearchConnection(timeout: .milliseconds(150)), identity: "elasticsearch:test")
        var limits = DeliveryLimits()
        limits.firstWait = .milliseconds(2)
        limits.longestWait = .milliseconds(20)
        let delivery = try ConcurrentDelivery(sink, limits: limits, patience: .endless, seed: seed)
        let replayer = Replayer(
            journal: try Journal(directory: path),
            configuration: ReplayConfiguration(batchDocumentLimit: batch),
            delivery: delivery
        )
        try replayer.run(ShutdownSignal())
        return replayer.currentBooks
    }

    /// REPRISE_TEST_FAULT_SEEDS sets how many.
    @Test func whateverFailsOnTheWayTheContentIsThatOfARunWithoutFaults() throws {
        let seeds = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_FAULT_SEEDS"] ?? "") ?? 5
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        try record(folder.path, posts: 600, &random)
        let calm = FaultyEngine(seed: 1, faults: 0)
        let books = try replay(folder.path, calm, seed: 1, batch: 50)
        #expect(books.records == 600 && books.accepted == 600 - books.stale && books.rejected == 0)
        for _ in 0..<seeds {
            let seed = random.next()
            let engine = FaultyEngine(seed: seed, faults: 30)
            let books = try replay(folder.path, engine, seed: seed, batch: Int.random(in: 1...80, using: &random))
            let place: Comment = "\(random), seed \(seed)"
            #expect(books.records == 600 && books.yielding == 600, place)
            #expect(books.documents == 600 && books.accepted + books.stale == 600, place)
            #expect(engine.documents == calm.documents, place)
            #expect(engine.counts.failed > 0 || engine.counts.calls < 40, place)
        }
    }

    /// A checkpoint never stands before a document that is not settled.
    @Test func aReplayThatIsBrokenOffGoesOnWithoutLoss() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        try record(folder.path, posts: 400, &random)
        let calm = FaultyEngine(seed: 1, faults: 0)
        _ = try replay(folder.path, calm, seed: 1, batch: 50)
        let engine = FaultyEngine(seed: 2, faults: 20)
        let address = try SearchAddress(.elasticsearch, "\(engine.server.url)/posts")
        let journal = try Journal(directory: folder.path)
        var rounds = 0
        var isDone = false
        while !isDone {
            rounds += 1
            try #require(rounds < 200)
            let sink = SearchSink(
                address,
                SearchConnection(timeout: .milliseconds(150)),
                identity: "elasticsearch:test"
            )
            var limits = DeliveryLimits()
            limits.firstWait = .milliseconds(2)
            let checkpoint = try Checkpoint(
                journal: journal,
                name: "t",
                sink: sink.identity,
                transform: Replayer.transformDigest
            )
            let before = checkpoint.positions[.filtered]
            // A document limit ends it as a stop would: what is under way is settled, nothing else is begun.
            let replayer = Replayer(
                journal: journal,
                configuration: ReplayConfiguration(documentLimit: 37, batchDocumentLimit: 5, checkpointInterval: .zero),
                delivery: try ConcurrentDelivery(sink, limits: limits, patience: .endless, seed: UInt64(rounds)),
                checkpoint: checkpoint
            )
            try replayer.run(ShutdownSignal())
            isDone = checkpoint.positions[.filtered] == before
        }
        #expect(engine.documents == calm.documents && rounds >= 11)
    }

    @Test func aFaultOfTheIndexEndsABoundedReplayAndNothingIsADeadLetter() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        try record(folder.path, posts: 50, &random)
        let server = ScriptedServer { connection in
            let item =
                #"{"index":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index [posts]"}}}"#
            let count = connection.request.components(separatedBy: "\"_id\"").count - 1
            let items = Array(repeating: item, count: count).joined(separator: ",")
            connection.answer(status: "200 OK", body: #"{"errors":true,"items":[\#(items)]}"#)
        }
        defer { server.stop() }
        let journal = try Journal(directory: folder.path)
        let sink = SearchSink(
            try SearchAddress(.opensearch, "\(server.url)/posts"),
            .init(),
            identity: "opensearch:test"
        )
        let letters = try DeadLetters(journal: journal)
        let replayer = Replayer(
            journal: journal,
            configuration: .init(),
            delivery: try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(30)), seed: 1),
            checkpoint: try Checkpoint(
                journal: journal,
                name: "t",
                sink: sink.identity,
                transform: Replayer.transformDigest
            ),
            deadLetters: DeadLetterBox(letters, sink: "opensearch:x")
        )
        #expect {
            try replayer.run(ShutdownSignal())
        } throws: { error in
            (error as? SinkError)?.code == .unavailable && "\(error)".contains("there is no alias 'posts'")
        }
        #expect(try letters.list().isEmpty)
        #expect(replayer.currentBooks.documents == 0)
    }

    @Test func aDocumentThatIsRefusedBecomesADeadLetterWithoutItsText() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        try record(folder.path, posts: 20, &random)
        let server = ScriptedServer { connection in
            let count = connection.request.components(separatedBy: "\"_id\"").count - 1
            let bad = """
                {"index":{"status":400,"error":{"type":"document_parsing_exception","reason":"[1:20] failed to parse field [likes] of \
                type [long] in document with id '7'. Preview of field's value: 'a secret'"}}}
                """
            let items = (0..<count).map { $0 == 3 ? bad : #"{"index":{"status":201}}"# }.joined(separator: ",")
            connection.answer(status: "200 OK", body: #"{"errors":true,"items":[\#(items)]}"#)
        }
        defer { server.stop() }
        let journal = try Journal(directory: folder.path)
        let sink = SearchSink(
            try SearchAddress(.elasticsearch, "\(server.url)/posts"),
            .init(),
            identity: "elasticsearch:x"
        )
        let letters = try DeadLetters(journal: journal)
        let replayer = Replayer(
            journal: journal,
            configuration: .init(),
            delivery: try ConcurrentDelivery(sink, patience: .endless, seed: 1),
            deadLetters: DeadLetterBox(letters, sink: "elasticsearch:x")
        )
        try replayer.run(ShutdownSignal())
        let kept = try letters.list().map(\.letter)
        #expect(kept.count == 1 && replayer.currentBooks.rejected == 1 && !replayer.currentBooks.isComplete)
        #expect(kept.first?.source == .filtered && kept.first?.sink == "elasticsearch:x")
        #expect(kept.first?.reason.contains("failed to parse field [likes]") == true)
        #expect(kept.first?.reason.contains("secret") == false)
        try letters.remove(kept)
        #expect(try letters.list().isEmpty)
    }
}
