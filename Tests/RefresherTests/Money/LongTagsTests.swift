import Foundation
import Journal
import Refresher
import Synchronization
import TestSupport
import Testing
import Time

/// Tags may be longer than what an event of the journal holds for a hundred posts.
@Suite(.timeLimit(.minutes(20)))
struct LongTagsTests {
    private static let start = Timestamp(rawValue: 20_781 * 86_400_000_000 + 3_600_000_000)

    private static func rules(bytes: Int) -> String {
        let tags = (0..<bytes / 500).map { "{\"id\":\"\($0)\",\"tag\":\"\(String(repeating: "é", count: 250))\"}" }
        return "[{\"id\":\"9\",\"tag\":\"first\"},\(tags.joined(separator: ","))]"
    }

    /// The ids of the questions in the journal, by question, and the longest of them in bytes.
    private func asked(_ directory: String) throws -> (ids: [[String]], longest: Int) {
        let reader = try RecordReader(journal: Journal(directory: directory), source: .lookup)
        var (ids, longest): ([[String]], Int) = ([], 0)
        while let batch = try reader.nextBatch() {
            for event in batch.events where event.kind == EventKind.asked {
                longest = max(longest, event.json.count)
                let object = try #require(JSONSerialization.jsonObject(with: Data(event.json)) as? [String: Any])
                let posts = try #require(object["posts"] as? [[String: Any]])
                for post in posts { #expect((post["rules"] as? [String])?.first == "first") }
                ids.append(posts.compactMap { $0["id"] as? String })
            }
        }
        return (ids, longest)
    }

    private func scriptedX(posts: Range<Int>, _ log: Questions, bytes: @escaping (Int) -> Int) throws -> ScriptedX {
        try ScriptedX(posts: posts, at: Self.start, rules: { Self.rules(bytes: bytes($0)) }) { ids in
            log.add(ids)
            return "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
        }
    }

    @Test func aQuestionThatIsTooLongIsAskedInParts() throws {
        let log = Questions()
        let x = try scriptedX(posts: 1..<131, log) { _ in 30_000 }
        x.clock.advance(by: .seconds(86_400))
        let report = try x.pass("1000/day")
        #expect(report.read == 130 && report.spent == 130 && report.requests == log.all.count, "\(report)")
        let (ids, longest) = try asked(x.folder.path)
        #expect(ids == log.all && longest <= JournalEvent.byteLimit && longest > JournalEvent.byteLimit / 3)
        #expect(Set(ids.joined()) == Set((1...130).map(String.init)) && ids.joined().count == 130)
        // A hundred in four, for two would be too long, and thirty as they are.
        #expect(ids.map(\.count) == [25, 25, 25, 25, 30])
        #expect(try ScriptedX.ledger(x.folder.path).count == 10)
        #expect(try x.pass("1000/day").due == 0)
    }

    @Test func whatTheBudgetAllowsOfALongQuestionIsAskedInParts() throws {
        let log = Questions()
        let x = try scriptedX(posts: 1..<101, log) { _ in 30_000 }
        x.clock.advance(by: .seconds(86_400))
        let report = try x.pass("70/day")
        #expect(report.read == 70 && report.spent == 70 && report.left == 0 && report.ending == .budget, "\(report)")
        #expect(Set(log.all.joined()).count == 70)
    }

    @Test func aPostWhoseTagsNoEventHoldsIsLeftOutAndTheOthersAreRead() throws {
        let log = Questions()
        let x = try scriptedX(posts: 1..<11, log) { $0 == 4 ? 1_100_000 : 1_000 }
        x.clock.advance(by: .seconds(86_400))
        let report = try x.pass("1000/day")
        #expect(report.due == 10 && report.unknown == 1 && report.read == 9 && report.spent == 9, "\(report)")
        #expect(Set(log.all.joined()) == Set([1, 2, 3, 5, 6, 7, 8, 9, 10].map(String.init)) && report.ending == .done)
    }
}

/// What was asked for, in order.
private final class Questions: Sendable {
    private let ids = Mutex<[[String]]>([])

    func add(_ question: [String]) { ids.withLock { $0.append(question) } }

    var all: [[String]] { ids.withLock { $0 } }
}
