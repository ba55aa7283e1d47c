import Foundation
import Journal
import Lifecycle
import SQLite
import Sinks
import TestSupport
import Testing
import Time
import Transform
import XAPI

@testable import Refresher

/// Likes, times and ids that X or a file may say: any number of 64 bits.
@Suite struct ExtremePostsTests {
    private static let start = Timestamp(microseconds: 1_780_000_000_000_000)
    private static let hour = Duration.seconds(3_600)

    private func post(_ likes: Int64...) -> PostState {
        var post = PostState(id: 1)
        post.sight(at: Self.start, rules: Array("[]".utf8), isRepost: false)
        for (hours, likes) in likes.enumerated() {
            post.observe(.init(time: Self.start + Self.hour * hours, likes: likes))
        }
        return post
    }

    @Test func likesOfAnySizeClimbOrDoNot() {
        let schedule = RefreshSchedule(steps: [.seconds(36_000)])
        let climbing: [(Int64, Int64)] = [
            (0, 2_000_000_000_000_000_000), (0, .max), (.min, .max), (-1, .max), (.min, 0), (.min, -1),
            (.max / 2, .max),
        ]
        for (before, now) in climbing {
            let due = schedule.due(post(before, now))
            #expect(due.reason == .climbing(.seconds(36_000)), "\(before) \(now)")
            #expect(due.time == Self.start + Self.hour * 5.5, "\(before) \(now)")
        }
        for (before, now) in [(Int64.max, Int64.min), (.max, 0), (0, .min), (.max - 19, .max), (.max - .max / 6, .max)]
        {
            #expect(schedule.due(post(before, now)).reason == .step(.seconds(36_000)), "\(before) \(now)")
        }
        #expect(schedule.value(post(0, .max)) == Double(Int64.max) && schedule.value(post(.max, .min)) == 0)
        #expect(schedule.value(post(.min, .max)) == Double(Int64.max))
    }

    @Test func timesOfAnySizeAreDueSometimeOrNever() {
        let numbers = ExtremeNumbers.integers
        for first in numbers {
            for seen in numbers {
                var post = PostState(id: .max)
                post.sight(at: Timestamp(rawValue: first), rules: [], isRepost: false)
                post.observe(.init(time: Timestamp(rawValue: seen), likes: seen))
                post.observe(.init(time: Timestamp(rawValue: first), likes: first))
                let schedule = RefreshSchedule()
                let due = schedule.due(post)
                #expect(due.time.map { $0.rawValue >= min(first, seen) } ?? true)
                let free = schedule.freeFrom(post, due)
                #expect(free == nil || due.time != nil)
                #expect(!schedule.value(post).isNaN)
            }
        }
    }

    @Test(arguments: ["3: 9223372036854775807s", "3: -1s", "3: 99999999999999999999s", "3: 8640000001s"])
    func noScheduleOfExtremeAgesIsBelieved(_ text: String) {
        #expect(RefreshSchedule(describedBy: text) == nil)
    }

    @Test func aPostSeenTwiceWithExtremeLikesIsTakenIn() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        for (index, likes) in [Int64(0), 2_000_000_000_000_000_000, .max, .min, -1].enumerated() {
            let json = #"{"id":"1","text":"t","public_metrics":{"like_count":\#(likes)}}"#
            let time = Self.start + Self.hour * index
            #expect(try PostsSink(file).deliver(Documents.sighting(json, rules: "[]", at: time)).accepted == 1)
            #expect(try file.state(of: 1)?.last?.likes == likes)
        }
    }

    /// What was asked stands in the journal, its arrival too.
    @Test func extremeArrivalsInAQuestionAreTakenIn() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        for arrival in ExtremeNumbers.integers {
            let asked = Question([.init(id: 1, arrival: Timestamp(rawValue: arrival), rules: Array(#"["a"]"#.utf8))])
            let json = #"{"data":[{"id":"1","text":"t","public_metrics":{"like_count":\#(arrival)}}]}"#
            #expect(try PostsSink(file).deliver(Documents.answer(json, to: asked, at: Self.start)).accepted == 1)
        }
        #expect(try file.state(of: 1)?.first == Timestamp(milliseconds: Timestamp(rawValue: .min).milliseconds))
    }

    @Test func extremeNumbersInPostsAreSurvived() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/posts.sqlite"
        let kept = "\(folder.path)/kept.sqlite"
        let batches = try self.batches()
        do {
            let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
            for batch in batches { _ = try PostsSink(file).deliver(batch) }
            let silent = try (1...3).compactMap { try file.state(of: $0) }
            try file.putOff(silent, except: [1], at: Self.start)
            try file.connection.execute("PRAGMA journal_mode=DELETE")
        }
        try copyFile(path, over: kept)
        let database = try ExtremeDatabase(kept)
        try #require(database.changes.count > 400)
        for change in database.some(40, &random) {
            try copyFile(kept, over: path)
            try change.apply(to: path)
            do { try use(folder.path, batches) } catch is SQLiteError {}
            try FileManager.default.removeItem(atPath: path)
            // It can be deleted, and is made anew.
            let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
            #expect(try file.state(of: 1) == nil, "\(change) \(random)")
        }
    }

    /// Everything that asks the file, by the schedule it keeps and by another one.
    private func use(_ journal: String, _ batches: [DocumentBatch]) throws {
        for steps in [RefreshSchedule.standardSteps, [.seconds(60), .seconds(8_640_000_000)]] {
            var configuration = RefresherConfiguration()
            configuration.schedule = RefreshSchedule(steps: steps)
            configuration.budgets = [try Budget(parsing: "$0.05/day")]
            for now in [Self.start + Self.hour * 3, Timestamp(rawValue: 0)] {
                let clock = WallClock { now }
                let outlook = try RefreshOutlook(
                    journal: journal,
                    configuration: configuration,
                    clock: clock,
                    ShutdownSignal()
                )
                let plan = try outlook.plan()
                #expect(plan.due >= plan.free && !plan.price.cost(of: plan.cost).isEmpty)
                for id in [UInt64(1), 2, 3, 12, .max] { _ = try outlook.explain(id) }
            }
            let file = try PostsFile(journal: journal, schedule: configuration.schedule)
            try file.keepToSchedule()
            for batch in batches { _ = try PostsSink(file).deliver(batch) }
            let posts = try (1...3).compactMap { try file.state(of: $0) }
            try file.putOff(posts, except: [3], at: Self.start)
            try file.putOff(posts, at: Self.start)
            _ = try file.mayBeDue(at: Timestamp(rawValue: .max))
        }
    }

    private func batches() throws -> [DocumentBatch] {
        let asked = Question([.init(id: 2, arrival: Self.start, rules: Array("[]".utf8))])
        let type = "https://api.x.com/2/problems/resource-not-found"
        return [
            Documents.sighting(
                #"{"id":"1","text":"t","public_metrics":{"like_count":3}}"#,
                rules: #"[{"tag":"a"}]"#,
                at: Self.start
            ),
            Documents.sighting(
                #"{"id":"1","text":"t","public_metrics":{"like_count":50}}"#,
                rules: #"[{"tag":"a"}]"#,
                at: Self.start + Self.hour
            ),
            Documents.sighting(#"{"id":"2","text":"t"}"#, rules: "[]", at: Self.start),
            Documents.answer(
                #"{"errors":[{"resource_id":"2","type":"\#(type)"}]}"#,
                to: asked,
                at: Self.start + Self.hour
            ),
            Documents.sighting(
                #"{"id":"12","text":"RT","referenced_tweets":[{"type":"retweeted","id":"2"}]}"#,
                rules: "[]",
                at: Self.start
            ),
            Documents.sighting(
                #"{"id":"3","text":"u","edit_history_tweet_ids":["1","3"]}"#,
                rules: "[]",
                at: Self.start
            ),
        ]
    }
}
