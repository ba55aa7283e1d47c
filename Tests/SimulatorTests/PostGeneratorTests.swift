import Foundation
import Testing
import Time

@testable import Simulator

struct PostGeneratorTests {
    private static let allFields = PostFields(
        list:
            "attachments,author_id,conversation_id,created_at,lang,paid_partnership,possibly_sensitive,public_metrics,"
            + "referenced_tweets"
    )

    private func generate(
        _ count: Int,
        seed: UInt64 = 1,
        rules: [SimulatedRule] = SimulatedRule.catsAndDogs,
        fields: PostFields = PostGeneratorTests.allFields,
        spelling: FieldSpelling = .tweet
    ) -> [[UInt8]] {
        let book = RuleBook()
        _ = book.add(rules)
        let clock = PostClock(start: SimulatorConfiguration.defaultStart, step: .milliseconds(4))
        var generator = PostGenerator(seed: seed, clock: clock)
        let view = PostView(spelling: spelling, fields: fields)
        return (0..<count).map { _ in
            var bytes: [UInt8] = []
            #expect(generator.appendNext(rules: book.current, view: view, to: &bytes))
            return bytes
        }
    }

    private func objects(_ records: [[UInt8]]) throws -> [[String: Any]] {
        try records.map { try #require(JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]) }
    }

    @Test func theSameSeedGivesTheSameBytes() {
        let first = generate(2_000, seed: 7)
        #expect(first == generate(2_000, seed: 7))
        #expect(first != generate(2_000, seed: 8))
    }

    @Test func theBytesOfASeedNeverChange() {
        // FNV-1a over the first posts of seed 1: a changed value means that recordings made elsewhere no longer repeat.
        let hash = generate(500).joined().reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        #expect(hash == 2_504_185_537_292_590_776)
    }

    @Test func theFirstTagsComeInTheirProportions() {
        let count = 100_000
        var tally: [String: Int] = [:]
        for record in generate(count, fields: .history) {
            let text = String(decoding: record, as: UTF8.self)
            let rules = text.components(separatedBy: "\"matching_rules\":").last ?? ""
            let tag = rules.components(separatedBy: "\"tag\":\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            tally[String(tag), default: 0] += 1
        }
        let wanted = [
            "cats with images": 59, "dogs with images": 23, "cats with videos": 14, "dogs with videos": 4,
        ]
        #expect(Set(tally.keys) == Set(wanted.keys))
        for (tag, percent) in wanted {
            let share = Double(tally[tag] ?? 0) * 100 / Double(count)
            #expect(abs(share - Double(percent)) < 0.7, "\(tag): \(share) %")
        }
    }

    @Test func recordsAreJSONLinesThatEndInCRLF() throws {
        let records = generate(1_000)
        for record in records {
            #expect(record.suffix(2) == [13, 10])
            #expect(!record.dropLast(2).contains(10))
        }
        #expect(try objects(records).count == 1_000)
    }

    @Test func idsGrowAndHoldTheirPostsTime() throws {
        var last: UInt64 = 0
        for (index, object) in try objects(generate(1_000)).enumerated() {
            let data = try #require(object["data"] as? [String: Any])
            let id = try #require(UInt64(data["id"] as? String ?? ""))
            #expect(id > last)
            last = id
            let milliseconds = Int64(id >> 22) + 1_288_834_974_657
            #expect(milliseconds == SimulatorConfiguration.defaultStart.milliseconds + Int64(index) * 4)
            let created = try #require(Timestamp(rfc3339: data["created_at"] as? String ?? ""))
            #expect(created.seconds == milliseconds / 1_000)
            #expect(data["edit_history_tweet_ids"] as? [String] == [String(id)])
        }
    }

    @Test func idsStayUniqueWhenTheClockStandsStillOrGoesBack() {
        let manual = ManualClock(SimulatorConfiguration.defaultStart)
        var clock = PostClock(manual.clock)
        var last: UInt64 = 0
        for round in 0..<10_000 {
            if round == 5_000 { manual.advance(by: .seconds(-2)) }
            let id = clock.next(entropy: UInt64(round) &* 0x9E37_79B9).id
            #expect(id > last)
            last = id
        }
    }

    @Test func repostsQuotesAndRepliesComeAsInReality() throws {
        var tally: [String: Int] = [:]
        for object in try objects(generate(6_160)) {
            let references = (object["data"] as? [String: Any])?["referenced_tweets"] as? [[String: Any]]
            let kind = references?.first?["type"] as? String ?? "none"
            tally[kind, default: 0] += 1
        }
        // 308 real posts times 20.
        #expect(abs((tally["retweeted"] ?? 0) - 3_860) < 250)
        #expect(abs((tally["replied_to"] ?? 0) - 880) < 180)
        #expect(abs((tally["quoted"] ?? 0) - 380) < 120)
        #expect(abs((tally["none"] ?? 0) - 1_040) < 180)
    }

    @Test func mostCountsAreZeroAndSomeAreLarge() throws {
        let likes = try objects(generate(5_000)).compactMap {
            (($0["data"] as? [String: Any])?["public_metrics"] as? [String: Any])?["like_count"] as? Int
        }
        #expect(likes.count == 5_000)
        #expect(likes.count { $0 == 0 } > 4_500)
        #expect(likes.max() ?? 0 > 10)
    }

    @Test func onlyTheAskedFieldsComeAndInTheAskedSpelling() throws {
        let bare = try #require(try objects(generate(1, fields: .history)).first?["data"] as? [String: Any])
        #expect(Set(bare.keys) == ["id", "text", "edit_history_tweet_ids"])
        let renamed = try objects(generate(50, spelling: .post)).compactMap { $0["data"] as? [String: Any] }
        #expect(renamed.allSatisfy { $0["edit_history_post_ids"] != nil && $0["edit_history_tweet_ids"] == nil })
        #expect(renamed.contains { $0["referenced_posts"] != nil })
        #expect(renamed.allSatisfy { ($0["public_metrics"] as? [String: Any])?["repost_count"] != nil })
    }

    @Test func everyMatchingRuleIsNamed() throws {
        let rules = SimulatedRule.catsAndDogs + [SimulatedRule("(#cat OR #cats) lang:en", tag: "english cats")]
        var pairs = 0
        for object in try objects(generate(3_000, rules: rules)) {
            let matching = try #require(object["matching_rules"] as? [[String: Any]])
            #expect(!matching.isEmpty)
            #expect(Set(matching.compactMap { $0["id"] as? String }).count == matching.count)
            if matching.count > 1 { pairs += 1 }
        }
        #expect(pairs > 100)
    }

    @Test func aRuleOfOnesOwnShapesItsPosts() throws {
        let records = generate(200, rules: [SimulatedRule("espresso lang:de has:links -is:retweet", tag: nil)])
        for object in try objects(records) {
            let data = try #require(object["data"] as? [String: Any])
            let text = try #require(data["text"] as? String)
            #expect(data["lang"] as? String == "de")
            #expect(text.contains("espresso") || text.hasSuffix("…"), "\(text)")
            #expect((object["matching_rules"] as? [[String: Any]])?.first?["tag"] == nil)
        }
    }
}
