import HTTPClient
import Lifecycle
import Logging
import Refresher
import Synchronization
import TestSupport
import Testing
import Time
import XAPI

/// An answer that X may have billed, and that tells nothing, counts once, and its posts are not asked for again in the same pass.
@Suite(.timeLimit(.minutes(20)))
struct LostAnswerTests {
    private static let noon = Timestamp(rawValue: 20_781 * 86_400_000_000 + 43_200_000_000)

    /// What each request asked for.
    private final class Asked: Sendable {
        private let requests = Mutex<[[String]]>([])
        func add(_ ids: [String]) { requests.withLock { $0.append(ids) } }
        var all: [[String]] { requests.withLock { $0 } }
        var hasNoneTwice: Bool {
            let ids = all.flatMap { $0 }
            return Set(ids).count == ids.count
        }
    }

    /// An X that answers each lookup so, and the usage as a status says.
    private func x(
        _ asked: Asked,
        posts: Int = 450,
        usage: (status: String, body: String) = ("404 Not Found", "{}"),
        _ answer: @escaping @Sendable (_ number: Int, [String]) -> (status: String, body: String)
    ) throws -> ScriptedX {
        let x = try ScriptedX(
            posts: 1..<posts + 1,
            at: Self.noon,
            answering: ScriptedX.Answers { ids in
                asked.add(ids)
                return answer(asked.all.count, ids)
            },
            usage: usage
        )
        x.clock.advance(by: .seconds(86_400))
        return x
    }

    private func pass(_ x: ScriptedX, _ budget: String = "1000/day") throws -> RefreshReport {
        try x.pass(budget) { $0.schedule.steps = [.seconds(900)] }
    }

    private static func read(_ ids: [String]) -> (status: String, body: String) {
        ("200 OK", "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}")
    }

    /// What X never answers needs an operator, and says who may have answered.
    @Test(arguments: [
        "202 Accepted", "203 Non-Authoritative", "204 No Content", "206 Partial Content", "301 Moved", "302 Found",
        "304 Not Modified", "307 Temporary",
    ])
    func aStatusThatXNeverUsesEndsThePassAndCostsLittle(status: String) throws {
        let asked = Asked()
        let x = try x(asked) { _, _ in (status, status.hasPrefix("2") ? "" : "<html>") }
        var counted: [Int] = []
        for _ in 0..<5 {
            let error = #expect(throws: XAPIError.self) { try pass(x) }
            #expect(error?.message.contains("a portal or proxy answered") == true, "\(error?.message ?? "")")
            #expect(
                error?.message.contains("may have been billed") == true && error?.message.contains("--fields") == false
            )
            counted.append(asked.all.count)
        }
        // A request each; after the first one for a single post.
        #expect(counted == [1, 2, 3, 4, 5] && asked.hasNoneTwice, "\(asked.all.map(\.count))")
        #expect(asked.all.map(\.count) == [100, 1, 1, 1, 1])
        #expect(try ScriptedX.spent(x.folder.path) == 104)
    }

    @Test(arguments: ["408 Timeout", "499 Closed", "502 Bad Gateway", "504 Gateway Timeout", "520 Unknown"])
    func aGatewayThatGaveUpCountsOnce(status: String) throws {
        let asked = Asked()
        let x = try x(asked) { number, ids in number == 2 ? (status, "") : Self.read(ids) }
        let report = try pass(x)
        #expect(report.ending == .done && report.read == 350 && report.unknown == 100, "\(report)")
        #expect(asked.hasNoneTwice && report.spent == 450, "\(report)")
        // They come back in parts, each in a later pass.
        var read = 0
        for part in 0..<4 {
            x.clock.advance(by: .seconds(part == 0 ? 601 : 600))
            let next = try pass(x)
            #expect(next.due == 25 && next.ending == .done, "\(next)")
            read += next.read
        }
        #expect(read == 100)
    }

    @Test func gatewaysThatGiveUpEachTimeEndThePass() throws {
        let asked = Asked()
        let x = try x(asked) { _, _ in ("504 Gateway Timeout", "") }
        let report = try pass(x)
        guard case .refused(let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reason.contains("504") && asked.all.map(\.count) == [100, 1] && report.spent == 101, "\(report)")
    }

    @Test(arguments: ["{\"data\":[", "", "{}}"]) func aBrokenAnswerCountsOnce(body: String) throws {
        let asked = Asked()
        let x = try x(asked) { number, ids in number == 1 ? ("200 OK", body) : Self.read(ids) }
        let report = try pass(x)
        #expect(report.read == 350 && report.unknown == 100 && asked.hasNoneTwice && report.spent == 450, "\(report)")
        // The answer behind the broken one was that of a single post.
        #expect(asked.all.map(\.count) == [100, 1, 100, 100, 100, 49])
    }

    @Test func thePageOfAPortalEndsThePass() throws {
        let asked = Asked()
        let x = try x(asked) { _, _ in ("200 OK", "<html>Sign in</html>") }
        let report = try pass(x)
        guard case .refused(let reason) = report.ending else {
            Issue.record("\(report)")
            return
        }
        #expect(reason.contains("a portal or proxy answered") && asked.all.count == 1, "\(report)")
    }

    /// What X has billed is asked first, for nothing: whoever answers that instead of X gets no lookup.
    @Test(arguments: [("200 OK", "<html>Sign in</html>"), ("302 Found", ""), ("202 Accepted", "")])
    func nothingIsSpentOnWhoeverAnswersInsteadOfX(status: String, body: String) throws {
        let asked = Asked()
        let x = try x(asked, usage: (status, body)) { _, ids in Self.read(ids) }
        for _ in 0..<3 {
            let error = #expect(throws: XAPIError.self) { try pass(x) }
            #expect(error?.message.contains("a portal or proxy answered") == true)
        }
        #expect(asked.all.isEmpty)
        #expect(try ScriptedX.spent(x.folder.path) == 0)
    }

    @Test func aPostThatXCannotAnswerForHoldsBackTheOthersForAWhileOnly() throws {
        let asked = Asked()
        let x = try x(asked, posts: 100) { _, ids in
            ids.contains("17") ? ("504 Gateway Timeout", "") : Self.read(ids)
        }
        var read = 0
        for _ in 0..<80 where read < 99 {
            read += try pass(x, "5000/day").read
            x.clock.advance(by: .seconds(300))
        }
        #expect(read == 99)
    }

    @Test func postsWithoutCountsAreAClassOfTheirOwn() throws {
        let asked = Asked()
        let x = try x(asked, posts: 60) { _, ids in
            let posts = ids.map { id in
                (Int(id) ?? 0) % 3 == 0 ? ScriptedX.post(id, likes: 1) : "{\"id\":\"\(id)\",\"text\":\"x\"}"
            }
            return ("200 OK", "{\"data\":[\(posts.dropLast().joined(separator: ","))]}")
        }
        let report = try pass(x)
        #expect(report.read == 19 && report.withoutCounts == 40 && report.unknown == 1, "\(report)")
        #expect(report.spent == 59 && report.ending == .done, "\(report)")
        #expect(x.log.messages.contains { $0.contains("40 posts without counts") }, "\(x.log.messages)")
        // The one that X said nothing of is asked for after ten minutes, those that cost something only after an hour, then later.
        x.clock.advance(by: .seconds(601))
        #expect(try pass(x).due == 1)
        var passes = 0
        for _ in 0..<144 {
            x.clock.advance(by: .seconds(600))
            if try pass(x).withoutCounts > 0 { passes += 1 }
        }
        #expect((1...7).contains(passes), "\(passes) in a day")
    }
}
