import Foundation
import Simulator
import TestSupport
import Testing
import Time

@Suite(.timeLimit(.minutes(20)))
struct UsageTests {
    private static let allFields =
        "cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage"

    private func data(_ fixture: LookupFixture, _ query: String) throws -> [String: Any] {
        let answer = try fixture.simulator.ask("/2/usage/tweets?\(query)")
        #expect(answer.status == 200)
        return try #require(answer.object["data"] as? [String: Any])
    }

    @Test func aPostIsChargedForOncePerDay() throws {
        let fixture = try LookupFixture(streaming: 300)
        let streamedCount = try fixture.truth.streamedIDs.count
        #expect(streamedCount == 300)
        #expect(try fixture.usage.billedCount == 300)
        _ = try fixture.lookUp(fixture.ids.prefix(100))
        #expect(try fixture.usage.billedCount == streamedCount)
        fixture.clock.advance(by: .seconds(86_400))
        // Neither a refusal nor an id that is not found costs anything.
        #expect(try fixture.lookUp(fixture.ids.prefix(100) + [42]).status == 400)
        #expect(try fixture.lookUp([42]).status == 200)
        #expect(try fixture.usage.billedCount == streamedCount)
        for _ in 0..<3 { _ = try fixture.lookUp(fixture.ids.prefix(99) + [42]) }
        let usage = try fixture.usage
        #expect(usage.days.map(\.billedCount) == [streamedCount, 99])
        #expect(usage.days.map(\.returnedCount) == [streamedCount + 100, 297])
        #expect(usage.distinctCount == streamedCount + 99)
        #expect(usage.days.map(\.start.rfc3339) == ["2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"])
    }

    @Test func withoutDeduplicationEachReturnIsChargedFor() throws {
        let fixture = try LookupFixture(streaming: 100) { $1.deduplicatesCharges = false }
        let before = try fixture.usage
        for _ in 0..<3 { _ = try fixture.lookUp(fixture.ids.prefix(10)) }
        let usage = try fixture.usage
        #expect(usage.billedCount == before.billedCount + 30)
        #expect(usage.distinctCount == before.distinctCount)
    }

    @Test(arguments: [false, true]) func expandedPostsAreChargedForWhereThatIsWished(_ isWished: Bool) throws {
        let fixture = try LookupFixture(streaming: 100) { $1.chargesForIncludes = isWished }
        let before = try fixture.usage.returnedCount
        let answer = try fixture.lookUp(fixture.ids.prefix(50), query: "expansions=referenced_tweets.id")
        let includes = (answer.object["includes"] as? [String: Any])?["tweets"] as? [Any] ?? []
        #expect(includes.count > 10)
        #expect(try fixture.usage.returnedCount == before + 50 + (isWished ? includes.count : 0))
    }

    @Test func theAnswerSaysWhatWasChargedAsStrings() throws {
        let fixture = try LookupFixture(streaming: 100)
        let first = try fixture.usage.billedCount
        fixture.clock.advance(by: .seconds(86_400 * 3))
        _ = try fixture.lookUp(fixture.ids.prefix(7))
        let all = try data(fixture, "days=7&usage.fields=\(Self.allFields)")
        #expect(all["project_usage"] as? String == String(first + 7))
        #expect(all["project_cap"] as? String == "3000000")
        #expect(all["cap_reset_day"] as? Int == 1)
        let days = (all["daily_project_usage"] as? [String: Any])?["usage"] as? [[String: String]]
        #expect(
            days == [
                ["date": "2026-01-01T00:00:00.000Z", "usage": String(first)],
                ["date": "2026-01-04T00:00:00.000Z", "usage": "7"],
            ]
        )
        let app = (all["daily_client_app_usage"] as? [[String: Any]])?.first
        #expect(app?["usage"] as? [[String: String]] == days)
        #expect(app?["usage_result_count"] as? Int == 2)
        let today = try data(fixture, "days=1&usage.fields=daily_project_usage")
        #expect(Set(today.keys) == ["daily_project_usage"])
        #expect(((today["daily_project_usage"] as? [String: Any])?["usage"] as? [Any])?.count == 1)
        #expect(Set(try data(fixture, "").keys) == ["cap_reset_day", "project_cap", "project_id", "project_usage"])
        // A new month, a new cycle.
        fixture.clock.advance(by: .seconds(86_400 * 40))
        #expect(try data(fixture, "")["project_usage"] as? String == "0")
    }

    @Test func theAnswerMayHaveIntegersAsBefore() throws {
        let fixture = try LookupFixture(streaming: 100) { $1.writesUsageAsIntegers = true }
        let all = try data(fixture, "usage.fields=\(Self.allFields)")
        #expect(all["project_usage"] as? Int == (try fixture.usage.billedCount))
        #expect(all["project_usage"] as? String == nil)
    }

    @Test(arguments: ["0", "91", "x"]) func aWrongNumberOfDaysIsRefused(_ days: String) throws {
        let fixture = try LookupFixture(streaming: 0)
        #expect(try fixture.simulator.ask("/2/usage/tweets?days=\(days)").status == 400)
    }

    @Test func anAcceleratedClockRunsSoManyTimesAsFast() {
        let elapsed = ManualClock(Timestamp(rawValue: 0))
        let start = SimulatorConfiguration.defaultStart
        let clock = WallClock.accelerated(by: 10_000, from: start) { elapsed.clock.now - Timestamp(rawValue: 0) }
        #expect(clock.now == start)
        elapsed.advance(by: .milliseconds(8_640))
        #expect(clock.now == start + .seconds(86_400))
        #expect(WallClock.accelerated(by: 2, from: start).now >= start)
    }
}
