import Foundation
import Journal
import Simulator
import Sinks
import TestSupport
import Testing
import Time

@testable import Refresher

/// Posts leave the indices when they are gone, and not because X fails to find them for a while.
///
/// See `SimulatedWeek` for what is simulated. Each pass is a refresher of its own, as with cron, and each index is also made anew.
@Suite(.timeLimit(.minutes(20)))
struct DeletionTests {
    private static let posts = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_DELETIONS"] ?? "") ?? 10_000

    private func week(
        _ posts: Int,
        _ change: @escaping (inout LookupSettings) -> Void = { _ in }
    ) throws -> SimulatedWeek {
        let week = try SimulatedWeek(batchSize: posts, seed: SeededRandom().seed) {
            $0 = LookupSettings()
            $0.fates = .none
            change(&$0)
        }
        try week.stream()
        return week
    }

    /// The ids that an index shows; one that follows, and one that is made of the whole journal, show the same.
    private func shown(_ week: SimulatedWeek) throws -> Set<UInt64> {
        let path = week.folder.path + "/following.sqlite"
        try week.deliver(to: path, checkpoint: "following")
        let new = "\(week.folder.path)/\(UUID().uuidString).sqlite"
        try week.deliver(to: new)
        #expect(try indexDump(path) == indexDump(new))
        return Set(try rows(path, "SELECT tweet_id FROM posts").compactMap { UInt64($0) })
    }

    private func verdicts(_ week: SimulatedWeek) throws -> [String] {
        let reader = try RecordReader(journal: Journal(directory: week.journal), source: .lookup)
        var kinds: [String] = []
        while let batch = try reader.nextBatch() {
            for event in batch.events where ["believed", "doubted"].contains(event.kind) {
                let why = String(decoding: event.json, as: UTF8.self).firstMatch(of: /"why":"([a-z]+)"/)?.1
                kinds.append(why.map { "\(event.kind) \($0)" } ?? event.kind)
            }
        }
        return kinds
    }

    @Test func anXThatFindsNothingForAnHourDeletesNothing() throws {
        let week = try week(400)
        let all = try shown(week)
        #expect(all.count == 400)
        week.clock.advance(by: .seconds(960))
        week.simulator.setForgetful(true)
        var doubted = 0
        for _ in 0..<7 {
            let report = try week.pass()
            doubted += report.doubted
            #expect(report.gone == 0 && report.read == 0 && report.isDoubting)
            #expect(try shown(week) == all)
            week.clock.advance(by: .seconds(600))
        }
        // Each post is asked for once an hour meanwhile, not in each pass.
        let readable = week.reports[0].due
        #expect(readable > 100 && doubted > readable && doubted <= 2 * readable + 100, "\(doubted) of \(readable)")
        week.simulator.setForgetful(false)
        var read = 0
        for _ in 0..<14 {
            let report = try week.pass()
            read += report.read
            #expect(report.gone == 0)
            #expect(try shown(week) == all)
            week.clock.advance(by: .seconds(600))
        }
        #expect(read >= readable && week.reports.last?.isDoubting == false)
        #expect(try verdicts(week).last == "believed cleared")
        #expect(try rows(week.folder.path + "/following.sqlite", "SELECT count(*) FROM documents WHERE gone") == ["0"])
    }

    /// What cron does with a small --max-reads: each process sees too few posts to doubt anything by itself.
    @Test func anXThatFindsNothingEmptiesNoIndexByManySmallPasses() throws {
        let week = try week(400)
        let all = try shown(week)
        week.clock.advance(by: .seconds(960))
        week.simulator.setForgetful(true)
        for _ in 0..<12 {
            try week.pass { $0.readLimit = 20 }
            week.clock.advance(by: .seconds(60))
        }
        // Two passes are below the limit of 50, the third is not.
        let gone = all.count - (try shown(week)).count
        #expect(gone <= 49 && week.reports.contains(where: \.isDoubting), "\(gone) gone: \(week.reports)")
    }

    @Test func threePerCentOfTenThousandLeaveWithinTwoPasses() throws {
        let week = try week(Self.posts) {
            $0.fates.deletedPerMille = 30
            $0.fates.meanDelay = .seconds(1)
        }
        week.clock.advance(by: .seconds(960))
        let (truth, now) = (try week.truth, week.now)
        let gone = truth.streamedIDs.filter { truth.post($0, at: now)?.state == .deleted }
        #expect(gone.count > Self.posts / 50)
        try week.pass()
        // What repeats a post that is gone is found out by the next pass.
        try week.pass()
        let shown = try shown(week)
        let isRead = { (id: UInt64) in truth.post(id, at: now).map { $0.repostedID == nil } ?? false }
        #expect(gone.filter(isRead).allSatisfy { !shown.contains($0) })
        #expect(shown.isSuperset(of: Set(truth.streamedIDs).subtracting(gone)))
        #expect(
            week.reports.allSatisfy { $0.doubted == 0 && !$0.isDoubting } && week.reports[0].gone > Self.posts / 100,
            "\(week.reports)"
        )
    }

    @Test func mostPostsThatAreReallyGoneLeaveAfterADay() throws {
        let week = try week(300) {
            $0.fates.deletedPerMille = 700
            $0.fates.meanDelay = .seconds(1)
        }
        week.clock.advance(by: .seconds(960))
        let (truth, now) = (try week.truth, week.now)
        let readable = truth.streamedIDs.filter { truth.post($0, at: now)?.repostedID == nil }
        let gone = Set(readable.filter { truth.post($0, at: now)?.state == .deleted })
        var passes = 0
        while passes < 30, try !shown(week).isDisjoint(with: gone) {
            try week.pass()
            if passes < 23 { #expect(try shown(week).isSuperset(of: gone)) }
            week.clock.advance(by: .seconds(3_660))
            passes += 1
        }
        #expect((24...28).contains(passes), "\(passes)")
        #expect(try verdicts(week).contains("believed confirmed"))
        #expect(try shown(week).isSuperset(of: Set(readable).subtracting(gone)))
    }

    @Test func acceptedDeletionsLeaveAtOnceAndEndTheDoubt() throws {
        let week = try week(300)
        week.clock.advance(by: .seconds(960))
        week.simulator.setForgetful(true)
        #expect(try week.pass().doubted > 50)
        #expect(try shown(week).count == 300)
        let accepted = try week.pass { $0.acceptsDeletions = true }
        #expect(accepted.gone == week.reports[0].doubted && !accepted.isDoubting)
        #expect(try shown(week).count == 300 - accepted.gone)
        #expect(try verdicts(week) == ["doubted", "believed accepted"])
        // Accepted is what one pass asked for, and nothing else. Found again, they are there again.
        week.simulator.setForgetful(false)
        week.clock.advance(by: .seconds(3_660))
        try week.pass()
        #expect(try shown(week).count == 300)
    }

    /// A decision is in the journal: `posts.sqlite` can be lost meanwhile.
    @Test func aDoubtOutlivesWhatIsKnownOfThePosts() throws {
        let week = try week(300)
        week.clock.advance(by: .seconds(960))
        week.simulator.setForgetful(true)
        try week.pass()
        for tail in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: week.journal + "/posts.sqlite" + tail)
        }
        let report = try week.pass { $0.readLimit = 20 }
        // Far fewer than are judged by themselves.
        #expect(report.doubted == 20 && report.gone == 0 && report.isDoubting)
        #expect(try shown(week).count == 300)
    }
}
