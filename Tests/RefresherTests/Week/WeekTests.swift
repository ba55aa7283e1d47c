import Foundation
import Simulator
import Sinks
import TestSupport
import Testing
import Time

@testable import Refresher

/// A week of posts, from the stream to two indices, and their likes read again until the schedule has run out.
///
/// REPRISE_TEST_WEEK_POSTS sets how many posts there are. See `SimulatedWeek` for what of it is simulated.
@Suite(.timeLimit(.minutes(60)), .serialized)
struct WeekTests {
    private static let posts = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_WEEK_POSTS"] ?? "") ?? 1_200
    private static let isFull = posts > 10_000
    /// One of the rules has no tag.
    private static let rules =
        SimulatedRule.catsAndDogs.dropLast()
        + [SimulatedRule("(#dog OR #doggo OR #doggy OR #puppy) has:videos", tag: nil)]

    @Test(.needs(.opensearch))
    func whenTheScheduleHasRunOutBothIndicesShowTheTruthOfTheLastReads() async throws {
        let seed = SeededRandom().seed
        let batches = Self.isFull ? 600 : 16
        let week = try SimulatedWeek(batchSize: Self.posts / batches, seed: seed, rules: Array(Self.rules))
        let search = try await SearchIndex()
        let index = week.folder.path + "/index.sqlite"
        func deliver() throws {
            try week.deliver(to: index, checkpoint: "embedded")
            let delivery = try search.delivery()
            try week.replay(delivery, search.sink.identity, checkpoint: "search")
        }
        try week.run(batches: batches) { number in if number.isMultiple(of: 16) { try deliver() } }
        try deliver()
        #expect(try week.nextDue() == nil, "REPRISE_TEST_SEED=\(seed)")

        let truth = try WeekTruth(week, index: index)
        for what in [
            "visible", "superseded", "withheld", "deleted", "protected", "suspended", "runOut", "stopped", "gone",
            "repost of what is gone",
        ] {
            #expect(truth.counts[what] ?? 0 > 0, "nothing became \(what): \(truth.counts), REPRISE_TEST_SEED=\(seed)")
        }
        #expect(try search.content() == SearchIndex.shown(by: index), "REPRISE_TEST_SEED=\(seed)")
        let totals = try search.totals()
        #expect(totals.mapValues(\.posts) == truth.posts && totals.mapValues(\.likes) == truth.likes)
        // Nothing is said of some ids of some answers; they were asked for again.
        #expect(week.reports.contains { $0.unknown > 0 })
    }

    @Test func inTheNewSpellingAndWithRepostsTheEmbeddedIndexShowsTheTruth() throws {
        let seed = SeededRandom().seed
        let week = try SimulatedWeek(batchSize: 60, seed: seed, spelling: .post)
        week.schedule.includesReposts = true
        let index = week.folder.path + "/index.sqlite"
        try week.run(batches: 10)
        try week.deliver(to: index)
        let truth = try WeekTruth(week, index: index)
        #expect(truth.counts["visible"] ?? 0 > 300, "\(truth.counts), REPRISE_TEST_SEED=\(seed)")
        // A repost goes with its original.
        #expect(truth.counts["deleted"] ?? 0 > 10 && truth.counts["unread"] == nil)
    }
}
