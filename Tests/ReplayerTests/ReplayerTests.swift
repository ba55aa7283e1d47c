import Foundation
import Index
import Journal
import Lifecycle
import Sinks
import TestSupport
import Testing
import Time
import Transform

@testable import Replayer

@Suite struct ReplayerTests {
    private func record(_ folder: TemporaryFolder, posts: Int) throws {
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append(event: "opened", fields: [])
        for id in 1...posts { try writer.append(post(id)) }
        try writer.close()
    }

    @Test func everyRecordIsAccountedForAndTheBooksBalance() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append(event: "opened", fields: [])
        try writer.append(post(1) + "\r\n" + "{\"errors\":[{}]}\r\n" + "nonsense\r\n" + "{\"data\":{\"id\":\"2\"")
        try writer.append(event: "closed", fields: [])
        try writer.append(event: "opened", fields: [])
        try writer.append(post(3))
        try writer.close()
        let sink = MemorySink()
        let books = try replay(folder.path, into: sink)
        #expect(books.records == 6)
        #expect(books.yielding == 2)
        #expect(books.dropped == [.keepAlive: 1, .error: 1, .torn: 1])
        #expect(books.failed == [.malformed: 1])
        #expect(books.records == books.yielding + books.droppedCount + books.failedCount)
        #expect(books.documents == 2)
        #expect(books.documents == books.accepted + books.stale + books.rejected)
        #expect(!books.isComplete)
        #expect(sink.documents.map { $0.prefix(16) } == ["{\"tweet_id\":\"1\",", "{\"tweet_id\":\"3\","])
    }

    @Test func theSameRangeGivesTheSameBytes() throws {
        let folder = try TemporaryFolder()
        try record(folder, posts: 500)
        let paths = ["a", "b"].map { "\(folder.path)/\($0).ndjson" }
        for path in paths { try replay(folder.path, into: try NDJSONSink(path: path, resuming: false)) }
        let files = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(files[0] == files[1])
        let lines = files[0].split(separator: 10)
        #expect(lines.count == 500)
        let first = try #require(try JSONSerialization.jsonObject(with: lines[0]) as? [String: Any])
        #expect(first["version"] is NSNumber)
        #expect(String(decoding: lines[0], as: UTF8.self).hasSuffix("}"))
    }

    @Test func sourcesAreMergedByArrival() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(Timestamp(microseconds: 1_780_000_000_000_000))
        let other = try #require(SourceName(rawValue: "sample"))
        let ledger = try JournalWriter(directory: folder.path, source: .ledger, clock: clock.clock)
        try ledger.append(post(99))
        try ledger.close()
        let writers = [
            try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock),
            try JournalWriter(directory: folder.path, source: other, clock: clock.clock),
        ]
        for id in 1...20 {
            clock.advance(by: .milliseconds(1))
            try writers[id % 2].append(post(id))
        }
        for writer in writers { try writer.close() }
        let sink = MemorySink()
        try replay(folder.path, into: sink)
        // The ledger is left out, because it was not named.
        #expect(sink.documents.count == 20)
        #expect(sink.documents.enumerated().allSatisfy { $1.hasPrefix("{\"tweet_id\":\"\($0 + 1)\"") })
    }

    @Test func aLimitCountsDocuments() throws {
        let folder = try TemporaryFolder()
        try record(folder, posts: 50)
        let sink = MemorySink()
        #expect(try replay(folder.path, into: sink, .init(documentLimit: 7)).documents == 7)
        #expect(sink.documents.count == 7)
    }

    @Test(.timeLimit(.minutes(20))) func aLimitEndsFollowingToo() throws {
        let folder = try TemporaryFolder()
        try record(folder, posts: 5)
        #expect(try replay(folder.path, into: MemorySink(), .init(end: .never, documentLimit: 5)).documents == 5)
    }

    @Test func aCheckpointGoesOnBehindWhatWasSettled() throws {
        let folder = try TemporaryFolder()
        try record(folder, posts: 30)
        let journal = try Journal(directory: folder.path)
        let sink = MemorySink()
        do {
            let checkpoint = try Checkpoint(journal: journal, name: "c", sink: sink.identity, transform: "t")
            try replay(folder.path, into: sink, .init(documentLimit: 10), checkpoint: checkpoint)
            #expect(checkpoint.positions[.filtered] != nil)
        }
        let checkpoint = try Checkpoint(journal: journal, name: "c", sink: sink.identity, transform: "t")
        try replay(folder.path, into: sink, checkpoint: checkpoint)
        #expect(sink.documents.count == 30)
        #expect(sink.flushed == 30)
    }

    @Test func aSinkThatFailsLeavesTheCheckpointWhereItWas() throws {
        let folder = try TemporaryFolder()
        try record(folder, posts: 30)
        let journal = try Journal(directory: folder.path)
        let sink = MemorySink()
        sink.failuresLeft = 1
        let checkpoint = try Checkpoint(journal: journal, name: "c", sink: sink.identity, transform: "t")
        #expect(throws: MemorySink.Down.self) { try replay(folder.path, into: sink, checkpoint: checkpoint) }
        #expect(checkpoint.positions.isEmpty)
        try replay(folder.path, into: sink, checkpoint: checkpoint)
        #expect(sink.documents.count == 30)
    }

    @Test(.timeLimit(.minutes(20))) func followingDeliversWhatIsRecordedMeanwhile() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/index.sqlite"
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append(post(1))
        let shutdown = ShutdownSignal()
        let replayer = Replayer(
            journal: try Journal(directory: folder.path),
            configuration: .init(end: .never, pollInterval: .milliseconds(5)),
            sink: try SQLiteSink(path: path, transformDigest: Replayer.transformDigest)
        )
        let thread = try WorkerThread(name: "follower") {
            do { try replayer.run(shutdown) } catch { Issue.record(error) }
        }
        for id in 2...40 { try writer.append(post(id, likes: id)) }
        while replayer.currentBooks.accepted < 40 { usleep(1_000) }
        try writer.append(post(7, likes: 1_000))
        while replayer.currentBooks.accepted < 41 { usleep(1_000) }
        shutdown.request()
        #expect(thread.join(for: .seconds(10)))
        try writer.close()
        #expect(try IndexReader(path: path).summary(since: Timestamp(microseconds: 0)).total == 40)
        // Everything again changes nothing.
        let again = try replay(
            folder.path,
            into: try SQLiteSink(path: path, transformDigest: Replayer.transformDigest)
        )
        #expect(again.stale == 41)
        #expect(again.accepted == 0)
    }
}
