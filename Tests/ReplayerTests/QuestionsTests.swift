import Foundation
import Journal
import TestSupport
import Testing
import Time
import Transform

@testable import Replayer

/// Answers to lookups come together with their questions, wherever reading begins.
@Suite struct QuestionsTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock(Timestamp(microseconds: 1_780_000_000_000_000))

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> JournalWriter {
        try JournalWriter(directory: folder.path, source: .lookup, clock: clock.clock)
    }

    private func ask(_ writer: JournalWriter, _ number: Int, _ ids: [UInt64], tag: String = "cats") throws {
        clock.advance(by: .seconds(1))
        let posts = ids.map {
            Question.Post(id: $0, arrival: clock.clock.now, rules: Array("[\"\(tag)\"]".utf8))
        }
        let fields: [(String, EventValue)] = [
            ("number", .integer(Int64(number))), ("posts", .json(Question(posts).json)),
        ]
        try writer.append(event: EventKind.asked, fields: fields)
    }

    private func answer(_ writer: JournalWriter, _ number: Int, _ body: String) throws {
        clock.advance(by: .seconds(1))
        try writer.append(event: EventKind.answered, fields: [("number", .integer(Int64(number)))])
        try writer.append(body)
    }

    private func body(_ ids: [UInt64]) -> String {
        let posts = ids.map { #"{"id":"\#($0)","text":"t","public_metrics":{"like_count":1}}"# }
        return #"{"data":[\#(posts.joined(separator: ","))]}"# + "\n"
    }

    private func documents(_ configuration: ReplayConfiguration = .init()) throws -> (ReplayBooks, [String]) {
        let sink = MemorySink()
        let books = try replay(folder.path, into: sink, configuration)
        return (books, sink.documents)
    }

    @Test func theLastOfSeveralQuestionsAtOneOffsetCounts() throws {
        let writer = try open()
        try ask(writer, 1, [1], tag: "old")
        try ask(writer, 2, [1], tag: "new")
        try answer(writer, 2, body([1]))
        try ask(writer, 3, [2], tag: "other")
        try answer(writer, 3, body([2]))
        try writer.close()
        let (books, documents) = try documents()
        try #require(books.isComplete && books.yielding == 2)
        #expect(documents[0].contains(#""category":"new""#) && documents[1].contains(#""category":"other""#))
    }

    @Test func anAnswerToAnotherQuestionFails() throws {
        let writer = try open()
        try ask(writer, 1, [1])
        try answer(writer, 2, body([1]))
        try writer.close()
        let (books, documents) = try documents()
        #expect(books.failed == [.noQuestion: 1] && documents.isEmpty)
    }

    @Test func aTornAnswerIsDroppedAndTheNextOneCounts() throws {
        var writer = try open()
        try ask(writer, 1, [1])
        try answer(writer, 1, String(body([1]).dropLast(7)))
        try writer.close()
        writer = try open()
        try writer.append(event: EventKind.closed, fields: [("why", .string("started"))])
        try ask(writer, 2, [1])
        try answer(writer, 2, body([1]))
        try writer.close()
        let (books, documents) = try documents()
        #expect(books.dropped == [.torn: 1] && books.yielding == 1 && books.failed.isEmpty)
        #expect(documents.count == 1)
    }

    /// Every place at which a checkpoint may stand, and every time between two events.
    @Test func readingFromTheMiddleFindsTheQuestion() throws {
        let writer = try open()
        var offsets = [ByteOffset.zero]
        for number in 1...5 {
            try ask(writer, number * 10, [UInt64(number)], tag: "lost")
            try ask(writer, number, [UInt64(number)], tag: "t\(number)")
            try answer(writer, number, body([UInt64(number)]))
            offsets.append(writer.endOffset)
        }
        try writer.close()
        for (index, offset) in offsets.enumerated() {
            let (books, documents) = try documents(.init(start: .offset(offset)))
            #expect(books.isComplete && documents.count == 5 - index, "from \(offset): \(books)")
            #expect(documents.first?.contains("\"t\(index + 1)\"") ?? (index == 5))
        }
        for second in 0...16 {
            let time = Timestamp(microseconds: 1_780_000_000_000_000) + .seconds(second)
            let (books, documents) = try documents(.init(start: .time(time)))
            // Asked at 1 s and 2 s, answered at 3 s, and so on.
            let expected = second == 0 ? 5 : 6 - (second + 2) / 3
            #expect(books.isComplete && documents.count == expected, "from \(second) s: \(books) \(documents.count)")
        }
    }

    private func believe(_ writer: JournalWriter, _ ids: [UInt64]) throws {
        clock.advance(by: .seconds(1))
        try writer.append(event: EventKind.believed, fields: [("why", .string("plausible"))])
        let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
        try writer.append("{\"deleted\":[\(list)]}\n")
    }

    @Test func aRecordOfDeletionsCountsBehindItsDecisionAlone() throws {
        let writer = try open()
        try ask(writer, 1, [1, 2])
        try answer(writer, 1, body([1]))
        // One question had no answer before the decision.
        try ask(writer, 2, [3])
        try believe(writer, [2, 3])
        // A decision whose record was never written says nothing of the answer that follows.
        try writer.append(event: EventKind.believed, fields: [("why", .string("cleared"))])
        try ask(writer, 4, [5])
        try answer(writer, 4, body([5]))
        try writer.close()
        let (books, documents) = try documents()
        #expect(books.isComplete && books.yielding == 3 && documents.count == 4, "\(books)")
        #expect(documents.filter { $0.contains(#""gone":true"#) }.count == 2)
    }

    @Test func aReplayFromATimeBetweenDecisionAndRecordHasBoth() throws {
        let writer = try open()
        try ask(writer, 1, [1, 2])
        try answer(writer, 1, body([1]))
        try writer.append(event: EventKind.believed, fields: [("why", .string("plausible"))])
        clock.advance(by: .seconds(10))
        let time = clock.clock.now
        try writer.append("{\"deleted\":[\"2\"]}\n")
        try writer.close()
        let (books, documents) = try documents(ReplayConfiguration(start: .time(time)))
        #expect(books.isComplete && documents.count == 1 && documents[0].contains(#""gone":true"#), "\(books)")
    }
}
