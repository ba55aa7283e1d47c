import Foundation
import Journal
import Lifecycle
import Logging
import Refresher
import Simulator
import TestSupport
import Testing
import Time
import XAPI

/// X's own figure for the day against ours.
@Suite(.timeLimit(.minutes(20)))
struct UsageTests {
    @Test(arguments: [false, true]) func eachReadCountsOnceXBillsMoreThanItSaid(writesIntegers: Bool) throws {
        let fixture = try MoneyFixture(batch: 300) {
            $1.deduplicatesCharges = false
            $1.writesUsageAsIntegers = writesIntegers
        }
        try fixture.stream()
        func pass() throws -> RefreshReport {
            fixture.xClock.advance(by: .seconds(3_700))
            return try fixture.pass(["500/day"]) { $0.schedule.steps = (1...9).map { .seconds($0 * 3_600) } }
        }
        func notices() -> Int { fixture.log.messages.count { $0.contains("X has billed") } }

        // As X promises, what was streamed today is read for nothing.
        let first = try pass()
        #expect(first.spent == 0 && first.free == 300 && notices() == 0, "\(first)")
        let second = try pass()
        #expect(second.spent == 300 && second.free == 0 && notices() == 1, "\(second)")
        let third = try pass()
        #expect(third.spent == 200 && third.ending == .budget && notices() == 1, "\(third)")
        fixture.xClock.advance(by: .seconds(86_400))
        let tomorrow = try pass()
        #expect(tomorrow.spent == 300 && notices() == 1, "\(tomorrow)")
    }

    @Test func theRuleIsKeptWhereXBillsByIt() throws {
        let fixture = try MoneyFixture(batch: 300)
        try fixture.stream()
        for hour in 1...5 {
            fixture.xClock.advance(by: .seconds(3_700))
            let report = try fixture.pass(["500/day"]) { $0.schedule.steps = (1...9).map { .seconds($0 * 3_600) } }
            #expect(report.spent == 0 && report.free == 300, "hour \(hour): \(report)")
        }
        #expect(try fixture.ledger().values.reduce(0, +) == 0 && fixture.log.messages.isEmpty)
    }

    /// X bills posts, cut ones too: lines without `data`, blank lines and events are no part of either figure.
    @Test(arguments: [
        // Notices between the posts hide nothing that X billed besides.
        (notices: 300, fragments: 0, billed: 160, isDoubted: true),
        // Posts that were cut are billed ones.
        (notices: 0, fragments: 60, billed: 160, isDoubted: false),
        (notices: 300, fragments: 60, billed: 181, isDoubted: true),
        (notices: 300, fragments: 0, billed: 120, isDoubted: false),
    ])
    func likeIsComparedWithLike(notices: Int, fragments: Int, billed: Int, isDoubted: Bool) throws {
        let days = "{\"usage\":[{\"date\":\"2026-01-29T00:00:00.000Z\",\"usage\":\"\(billed)\"}]}"
        let usage = ("200 OK", "{\"data\":{\"daily_project_usage\":\(days)}}")
        let x = try ScriptedX(posts: 1..<101, at: MoneyFixture.start, usage: usage) { ids in
            "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
        }
        x.clock.advance(by: .seconds(1))
        let writer = try JournalWriter(directory: x.folder.path, source: .filtered, clock: x.clock.clock)
        func append(_ text: String) throws {
            x.clock.advance(by: .milliseconds(1))
            try Array(text.utf8).withUnsafeBytes { try writer.append($0) }
        }
        for number in 0..<notices {
            try append("{\"errors\":[{\"title\":\"Forbidden\",\"resource_id\":\"\(number)\"}]}\r\n\r\n")
        }
        for number in 0..<fragments {
            try writer.append(event: EventKind.opened, fields: [])
            try append("{\"data\":{\"id\":\"\(1_000 + number)\",\"te")
        }
        try writer.append(event: EventKind.opened, fields: [])
        try writer.close()
        x.clock.advance(by: .seconds(1_000))
        _ = try x.pass("10/day")
        let doubts = x.log.messages.filter { $0.contains("X has billed") }
        #expect(doubts.isEmpty != isDoubted, "\(doubts)")
        #expect(doubts.allSatisfy { $0.contains("knows of \(100 + fragments):") }, "\(doubts)")
    }

    @Test(arguments: [
        ("403 Forbidden", #"{"title":"Forbidden","status":403}"#), ("429 Too Many Requests", "{}"),
        ("402 Payment Required", "{}"), ("500 Internal Server Error", "<html>"), ("200 OK", "{\"data\":"),
        ("200 OK", ""),
        ("200 OK", String(repeating: "x", count: 8 << 20)),
    ])
    func aPassNeedsNoAnswerAboutUsage(status: String, body: String) throws {
        let x = try ScriptedX(posts: 1..<151, at: MoneyFixture.start, usage: (status, body)) { ids in
            "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 1) }.joined(separator: ","))]}"
        }
        x.clock.advance(by: .seconds(86_400))
        let report = try x.pass("1000/day")
        #expect(report.read == 150 && report.spent == 150 && report.ending == .done, "\(report)")
        let day = Int(x.clock.clock.now.rawValue / MoneyFixture.dayLength)
        let ledger = try ScriptedX.ledger(x.folder.path)
        #expect(ledger.count == 4 && ledger.allSatisfy { $0.contains("\"day\":\(day),") }, "\(ledger)")
    }

    @Test(arguments: [
        (
            #"{"data":{"daily_project_usage":{"project_id":"1","usage":[{"date":"2026-11-24T00:00:00.000Z","usage":"12"}]}}}"#,
            12
        ),
        (
            #"{"data":{"daily_project_usage":{"project_id":1,"usage":[{"date":"2026-11-24T00:00:00.000Z","usage":12}]}}}"#,
            12
        ),
        (#"{"data":{"daily_project_usage":[{"date":"2026-11-24","tweets_consumed":12}]}}"#, 12),
        (#"{"data":{"daily_project_usage":{"usage":[{"date":"2026-11-24","usage":-1}]}}}"#, nil),
        (
            #"{"data":{"daily_project_usage":{"usage":[{"date":"2026-11-24","usage":"many"},{"date":7,"usage":1},4]}}}"#,
            nil
        ),
        (#"{"data":{"daily_project_usage":"none"}}"#, nil), (#"{"data":[]}"#, nil), ("[]", nil), ("{", nil), ("", nil),
    ])
    func everyShapeIsReadOrLeftOut(body: String, posts: Int?) {
        #expect(DailyUsage(body: Array(body.utf8), date: nil).posts["2026-11-24"] == posts)
    }
}
