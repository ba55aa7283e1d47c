import Foundation
import HTTPClient
import Testing
import Time
import XAPI

struct ProblemTests {
    private func problems(_ text: String) -> [Problem] { Problem.all(in: Array(text.utf8)) }

    @Test func aProblemAtTopLevelIsRead() {
        let found = problems(
            #"{"title":"ConnectionException","detail":"This stream is currently at the maximum allowed connection limit.","connection_issue":"TooManyConnections","type":"https://api.twitter.com/2/problems/streaming-connection"}"#
        )
        #expect(found.count == 1)
        #expect(found.first?.type == "streaming-connection")
        #expect(found.first?.isTooManyConnections == true)
    }

    @Test(arguments: [
        "https://api.x.com/2/problems/usage-capped", "https://api.twitter.com/2/problems/usage-capped", "usage-capped",
    ])
    func onlyTheLastSegmentOfATypeCounts(_ type: String) {
        let found = problems(#"{"title":"UsageCapExceeded","period":"Monthly","scope":"Product","type":"\#(type)"}"#)
        #expect(found.first?.isUsageCap == true)
        #expect(found.first?.period == "Monthly")
    }

    @Test func problemsInErrorsAreRead() {
        let found = problems(
            #"{"errors":[{"value":"from:x","id":"12","title":"DuplicateRule","type":"https://api.x.com/2/problems/duplicate-rules"},{"value":"a b","details":["one","two"],"title":"UnprocessableEntity","type":"https://api.x.com/2/problems/invalid-rules"}]}"#
        )
        #expect(found.count == 2)
        #expect(found.first?.isDuplicateRule == true)
        #expect(found.last?.detail == "one; two")
        #expect(found.last?.value == "a b")
    }

    @Test func olderErrorsAreRead() {
        let found = problems(#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#)
        #expect(found.first?.legacyCode == 88)
        #expect(found.first?.description == "Rate limit exceeded (code 88)")
    }

    @Test func aTopLevelProblemComesBeforeItsList() {
        let found = problems(
            #"{"errors":[{"message":"bad field","parameters":{"tweet.fields":["x"]}}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.x.com/2/problems/invalid-request"}"#
        )
        #expect(found.map(\.type) == ["invalid-request", ""])
    }

    @Test(arguments: ["", "<html>", "[]", "{}", "null", #"{"errors":7}"#, #"{"type":{"a":1}}"#])
    func otherBodiesHoldNone(_ body: String) {
        #expect(problems(body).isEmpty)
    }

    @Test func aDescriptionIsOneShortLine() {
        var problem = Problem()
        problem.title = "a\nb\u{1b}[31m"
        problem.detail = String(repeating: "x", count: 10_000)
        #expect(problem.description.hasPrefix("a b [31m xxx"))
        #expect(problem.description.count == 500)
    }

    @Test func rateLimitFieldsAreRead() {
        let head = HTTPHead(
            status: 429,
            headers: [
                ("x-rate-limit-limit", "50"), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1780000000"),
            ]
        )
        func read(_ head: HTTPHead, wall: Int64 = 1_779_999_400) -> RateLimit {
            RateLimit(head, wall: Timestamp(microseconds: wall * 1_000_000), monotonic: now)
        }
        let now = MonotonicTime(sinceStart: .seconds(77))
        #expect(read(head) == RateLimit(limit: 50, remaining: 0, reset: now + .seconds(600)))
        // X's own time counts where it says it, however wrong this machine's clock is.
        let dated = HTTPHead(
            status: 429,
            headers: [("date", "Thu, 28 May 2026 20:26:35 GMT"), ("x-rate-limit-reset", "1780000000")]
        )
        for wall: Int64 in [0, 1_779_999_400, 1_900_000_000] {
            #expect(read(dated, wall: wall).reset == now + .seconds(5))
        }
        #expect(read(HTTPHead(status: 200, headers: [("x-rate-limit-reset", "99999999999999999")])).reset == nil)
        #expect(read(HTTPHead(status: 200, headers: [("x-rate-limit-remaining", "soon")])) == RateLimit())
    }
}

struct BadRequestTests {
    /// As X words it.
    private static let body =
        ##"{"errors":[{"parameters":{"post.fields":["author_id"]},"message":"The `post.fields` query parameter value [author_id] is not one of [article,text]"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.x.com/2/problems/invalid-request"}"##

    @Test func theReasonOfABadRequestIsShown() throws {
        let problem = try #require(Problem.all(in: Array(Self.body.utf8)).first)
        #expect(problem.description.contains("value [author_id] is not one of"))
        let reason = try #require(StopReason(status: 400, problem: problem, of: .posts))
        #expect(reason.message.contains("value [author_id] is not one of"))
    }

    @Test(arguments: [XResource.rules, .posts, .usage], [400, 403, 404, 302])
    func aRefusalOfSomethingElseDoesNotSpeakOfTheStream(_ resource: XResource, _ status: Int) throws {
        let reason = try #require(StopReason(status: status, problem: nil, of: resource))
        #expect(!reason.message.replacingOccurrences(of: "the stream's rules", with: "").contains("stream"))
    }
}

struct StreamNoticeTests {
    private let line =
        #"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","detail":"This stream has been disconnected","type":"https://api.twitter.com/2/problems/operational-disconnect"}]}"#

    @Test func aDisconnectIsRecognised() throws {
        let notice = try #require(StreamNotice(line: Array(line.utf8)))
        #expect(notice.isDisconnect)
        #expect(notice.description.contains("UpstreamOperationalDisconnect"))
    }

    @Test func aPostWithErrorsBesideItIsNoNotice() {
        #expect(StreamNotice(line: Array(#"{"errors":[{"title":"x"}],"data":{"id":"1"}}"#.utf8)) == nil)
    }

    @Test func anErrorThatIsNoDisconnectIsTold() throws {
        let notice = try #require(
            StreamNotice(line: Array(#"{"errors":[{"title":"internal-error","type":"a/internal-error"}]}"#.utf8))
        )
        #expect(!notice.isDisconnect)
    }

    @Test(arguments: [1, 2, 3, 7, 16, 64, 100_000])
    func noticesAreFoundWhateverTheDeliveries(_ size: Int) {
        let text =
            #"{"data":{"errors":1}}"# + "\r\n\r\n" + line + "\r\n" + #"{"error":1}"# + "\n" + line + "\n\r\n"
            + "{\"errors\"" + String(repeating: "x", count: NoticeScanner.lineByteLimit) + "\r\n" + line + "\r\n" + line
        let bytes = Array(text.utf8)
        var scanner = NoticeScanner()
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { found += scanner.take($0) }
        }
        // An object that is neither a post nor a problem is no notice.
        found.removeAll { StreamNotice(line: $0) == nil }
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == [line, line, line])
    }

    @Test(arguments: [
        #"{"title":"operational-disconnect","type":"https://api.x.com/2/problems/operational-disconnect"}"#,
        #"{"type":"https://api.x.com/2/problems/operational-disconnect","title":"operational-disconnect"}"#,
        #"{ "detail":"away","disconnect_type":"ForceDisconnect","title":"x"}"#,
    ]) func aProblemWithoutErrorsAroundItIsANotice(_ line: String) throws {
        var scanner = NoticeScanner()
        var found: [[UInt8]] = []
        Array((line + "\r\n").utf8).withUnsafeBytes { found = scanner.take($0) }
        let notice = try #require(found.first.flatMap { StreamNotice(line: $0) })
        #expect(notice.isDisconnect)
    }

    @Test func aPostWhoseDataIsNotItsFirstMemberIsNoNotice() throws {
        var scanner = NoticeScanner()
        let line = #"{"matching_rules":[{"id":"1","type":"a","title":"b"}],"title":"t","data":{"id":"1"}}"# + "\r\n"
        Array(line.utf8).withUnsafeBytes { bytes in
            #expect(scanner.take(bytes).allSatisfy { StreamNotice(line: $0) == nil })
        }
    }

    @Test func anUnfinishedLineDoesNotReachIntoTheNextConnection() {
        var scanner = NoticeScanner()
        Array("{\"erro".utf8).withUnsafeBytes { _ = scanner.take($0) }
        scanner.breakLine()
        Array("rs\":1}\n".utf8).withUnsafeBytes { #expect(scanner.take($0).isEmpty) }
    }
}
