import Foundation
import Journal
import Simulator
import SQLite
import TestSupport
import Testing
import Time

/// `reprise refresh` as cron runs it: one pass over posts of two hours ago.
@Suite(.timeLimit(.minutes(20)))
struct RefreshTests {
    private struct Report: Decodable, Equatable {
        let due: Int
        let read: Int
        let changed: Int
        let same: Int
        let gone: Int
        let unknown: Int
        let requests: Int
        let ending: String
    }

    private struct Plan: Decodable {
        let due: Int
        let free: Int
        let cost: Int
        let reasons: [Cause]

        struct Cause: Decodable {
            let why: String
            let posts: Int
        }
    }

    private func report(_ result: RunningProgram.Result) throws -> Report {
        try JSONDecoder().decode(Report.self, from: result.output)
    }

    /// The posts that an index shows, with their likes.
    private func shown(_ index: String) throws -> [UInt64: Int] {
        let select = try Connection(path: index, mode: .readOnly).prepare("SELECT tweet_id, likes FROM posts")
        var found: [UInt64: Int] = [:]
        while try select.step() { found[try #require(select.string(0).flatMap { UInt64($0) })] = Int(select.int64(1)) }
        return found
    }

    @Test func aPassReadsWhatIsDueAndTheSinkShowsTheTruth() throws {
        let trial = try RefreshTrial(posts: 400) {
            $0.fates.deletedPerMille = 300
            $0.fates.meanDelay = .seconds(1_800)
        }
        let readable = try trial.readable
        let index = trial.folder.path + "/index.sqlite"
        let result = try trial.refresh("--json", "--sink", "sqlite:\(index)")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        let report = try report(result)
        #expect(report.due == readable.count && report.requests == (readable.count + 99) / 100)
        #expect(report.read + report.gone == readable.count && report.unknown == 0 && report.ending == "done")
        #expect(report.gone > 5 && report.changed > 3 && report.changed + report.same == report.read)
        let (truth, now) = (try trial.truth, WallClock.system.now)
        let shown = try shown(index)
        var near = 0
        for id in readable {
            let post = try #require(truth.post(id, at: now))
            #expect((shown[id] == nil) == (post.state == .deleted), "\(id)")
            // Likes go on growing in the seconds since; hardly any post gains one.
            if let likes = shown[id], likes == post.counts.likes { near += 1 }
            if let likes = shown[id] { #expect(likes <= post.counts.likes, "\(id)") }
        }
        #expect(near * 10 > report.read * 8)
        #expect(shown.count == truth.streamedIDs.count - report.gone)

        // The reposts of what is gone went with it, which the next pass finds out.
        let again = try trial.refresh("--quiet", "--sink", "sqlite:\(index)")
        #expect(again.status == 0 && again.output.isEmpty && again.errors.isEmpty, "\(again.errors)")
        let left = try self.shown(index)
        let gone = Set(readable.filter { shown[$0] == nil })
        for id in left.keys {
            let original = truth.post(id, at: now)?.repostedID
            #expect(original.map { !gone.contains($0) } ?? true, "\(id) repeats a post that is gone")
        }
        #expect(left.count < shown.count)

        // Nothing is due a moment later, and nothing is asked.
        let requests = trial.simulator.lookupCount
        let text = try trial.refresh().text
        #expect(text.hasPrefix("0 due, 0 read (0 changed, 0 same), 0 gone, 0 unknown; "), "\(text)")
        #expect(trial.simulator.lookupCount == requests)
        #expect(try self.shown(index) == left)
    }

    @Test func aDryRunAndAnExplanationAskNothing() throws {
        let trial = try RefreshTrial(posts: 100)
        let readable = try trial.readable
        let dry = try trial.refresh("--dry-run", "--json")
        let plan = try JSONDecoder().decode(Plan.self, from: dry.output)
        #expect(dry.status == 0 && plan.due == readable.count && plan.free + plan.cost == plan.due)
        #expect(plan.reasons.map(\.posts) == [readable.count] && plan.reasons[0].why.contains("an age of 15m"))
        // Neither a token nor a budget is needed to look.
        let look = try trial.start(["--dry-run"], environment: ["X_API_URL": "https://api.x.com", "BEARER_TOKEN": ""])
            .wait()
        #expect(look.status == 0 && look.text.hasPrefix("\(readable.count) due: "), "\(look.errors)")
        let before = try trial.refresh("--explain", "\(readable[0])")
        #expect(before.status == 0 && before.text.contains("due at") && before.text.contains("an age of 15m"))
        #expect(trial.simulator.lookupCount == 0)
        #expect(try trial.refresh("--max-reads", "7", "--json").status == 0)
        #expect(trial.simulator.lookupCount == 1)
        #expect(
            try JSONDecoder().decode(Plan.self, from: trial.refresh("--dry-run", "--json").output).due == readable.count
                - 7
        )
        let reposts = try trial.truth.streamedIDs.filter { !readable.contains($0) }
        #expect(try trial.refresh("--explain", "\(try #require(reposts.first))").text.contains("it is a repost"))
        #expect(try trial.refresh("--explain", "12").text.contains("nothing is known"))
        let wrong = try trial.refresh("--explain", "12x")
        #expect(wrong.status == 64 && wrong.errors.contains("--explain"), "\(wrong.errors)")
        #expect(trial.simulator.lookupCount == 1)
    }

    @Test func aSecondProcessEndsAtOnceAndTheFirstStopsWhenToldTo() throws {
        let trial = try RefreshTrial(posts: 50)
        let first = try trial.start(["--watch", "--every", "1h"])
        let line = try first.firstLine()
        #expect(line.contains("due, "))
        let second = try trial.refresh()
        #expect(second.status == 75 && second.output.isEmpty, "\(second.status) \(second.errors)")
        #expect(second.errors.contains("\(first.processIdentifier)"), "it names the holder: \(second.errors)")
        #expect(try trial.refresh("--dry-run").text.hasPrefix("0 due: "))
        #expect(try trial.refresh("--explain", "\(trial.readable[0])").text.contains("likes at"))
        first.send(SIGTERM)
        #expect(try first.wait(seconds: 20).status == 0)
        #expect(try trial.refresh().status == 0)
    }

    @Test(arguments: ["hide", "show"]) func whatIsWithheldSomewhereIsHiddenUnlessItIsToBeShown(_ rule: String) throws {
        let trial = try RefreshTrial(posts: 120) {
            $0.fates.withheldPerMille = 1_000
            $0.fates.meanDelay = .seconds(1)
        }
        let index = trial.folder.path + "/index.sqlite"
        let report = try report(trial.refresh("--json", "--withheld", rule, "--sink", "sqlite:\(index)"))
        let shown = try shown(index)
        let readable = try trial.readable
        let stay = readable.filter { shown[$0] != nil }.count
        #expect(rule == "hide" ? stay == 0 : stay == report.read && stay > 20, "\(stay) of \(readable.count)")
        #expect(rule == "hide" ? report.read == 0 : report.changed > 0, "\(report)")
        #expect(try trial.refresh("--withheld", "maybe").status == 64)
    }

    /// A follower, here the test itself, holds the sink's checkpoint: it delivers what was read.
    @Test func aSinkThatAFollowerHoldsIsLeftAlone() throws {
        let trial = try RefreshTrial(posts: 300)
        let index = trial.folder.path + "/index.sqlite"
        // The first pass reads nothing, and delivers the stream.
        #expect(try trial.refresh("--max-reads", "0", "--sink", "sqlite:\(index)").status == 0)
        let before = try shown(index)
        #expect(before.count == 300)
        let folder = trial.journal + "/checkpoints"
        let lock = try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("sink-sqlite-") }
        let name = String(try #require(lock).dropLast(".lock".count))
        let identity = try Connection(path: index, mode: .readOnly).prepare("SELECT uuid, transform FROM identity")
        #expect(try identity.step())
        let held = try Checkpoint(
            journal: try Journal(directory: trial.journal),
            name: name,
            sink: "sqlite:\(identity.string(0) ?? "")",
            transform: identity.string(1) ?? ""
        )
        let other = trial.folder.path + "/other.sqlite"
        let result = try trial.refresh("--json", "--sink", "sqlite:\(index)", "--sink", "sqlite:\(other)")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try report(result).changed > 3)
        #expect(try shown(index) == before)
        #expect(try shown(other) != before)
        withExtendedLifetime(held) {}
    }

    @Test func quietlyItTellsOnlyOfWhatWentWrong() throws {
        let trial = try RefreshTrial(posts: 300) { $0.faults = [LookupFault(.refuse(status: 402), request: 2)] }
        let refused = try trial.refresh("--quiet")
        #expect(refused.status == 75 && refused.output.isEmpty, "\(refused.text)")
        #expect(refused.errors.contains("402") && refused.errors.contains("credits"), "\(refused.errors)")
        #expect(refused.errors.contains("the next one goes on where it stopped"), "\(refused.errors)")
        let rest = try trial.refresh("--quiet")
        #expect(rest.status == 0 && rest.output.isEmpty && rest.errors.isEmpty, "\(rest.errors)")
        #expect(trial.simulator.lookupCount == (try trial.readable.count + 99) / 100 + 1)
    }

    @Test func exitCodesSayWhatToDo() throws {
        let trial = try RefreshTrial(posts: 50) { $0.faults = [LookupFault(.refuse(status: 402), request: 1)] }
        let spent = try trial.refresh("--json")
        #expect(spent.status == 75, "\(spent.errors)")
        #expect(try report(spent).ending == "refused" && report(spent).read == 0)
        let down = try trial.refresh("--sink", "opensearch:http://127.0.0.1:9/posts", "--give-up-after", "1s", "--json")
        #expect(down.status == 75 && down.errors.contains("opensearch:http://127.0.0.1:9/posts"), "\(down.errors)")
        // What was read is in the journal all the same.
        #expect(try report(down).read == trial.readable.count)
        #expect(try trial.refresh("--schedule", "15").status == 64)
        #expect(try trial.refresh("--fields-parameter", "fields").status == 64)
        let words = ["refresh", "--journal", trial.folder.path + "/none"]
        let environment = ["X_API_URL": trial.simulator.url]
        let none = try RunningProgram(Surroundings.reprise(), words, in: trial.folder, environment: environment).wait()
        #expect(none.status == 1 && none.errors.contains("/none"), "\(none.status) \(none.errors)")
        let real = try trial.start([], environment: ["X_API_URL": "https://api.x.com"]).wait()
        #expect(real.status == 64 && real.errors.contains("--refresh-budget"), "\(real.errors)")
    }

    @Test(arguments: ["post.fields", "tweet.fields"])
    func whatNeverChangesStaysWhicheverFieldsALookupBrings(_ parameter: String) throws {
        let trial = try RefreshTrial(posts: 200)
        let index = trial.folder.path + "/index.sqlite"
        let before = try RunningProgram(
            Surroundings.reprise(),
            ["replay", "--journal", trial.journal, "--sink", "sqlite:\(index)", "--checkpoint", "c"],
            in: trial.folder
        ).wait()
        #expect(before.status == 0, "\(before.errors)")
        func described() throws -> [String] {
            let select = try Connection(path: index, mode: .readOnly).prepare(
                "SELECT tweet_id || ' ' || author_id || ' ' || kind || ' ' || lang || ' ' || category FROM posts "
                    + "ORDER BY tweet_id"
            )
            var rows: [String] = []
            while try select.step() { rows.append(try #require(select.string(0))) }
            return rows
        }
        let known = try described()
        #expect(Set(known.map { $0.split(separator: " ")[2] }).count == 4)
        let pass = try trial.refresh("--fields-parameter", parameter)
        #expect(pass.status == 0, "\(pass.errors)")
        let after = try RunningProgram(
            Surroundings.reprise(),
            ["replay", "--journal", trial.journal, "--sink", "sqlite:\(index)", "--checkpoint", "c"],
            in: trial.folder
        ).wait()
        #expect(after.status == 0, "\(after.errors)")
        #expect(try described() == known)
        let select = try Connection(path: index, mode: .readOnly).prepare(
            "SELECT count(*) FROM documents WHERE version % 4 = 2"
        )
        #expect(try select.step() && select.int64(0) == Int64(trial.readable.count))
    }

    @Test func namesThatXDoesNotKnowAreRefusedWithXsReason() throws {
        let trial = try RefreshTrial(posts: 20)
        let result = try trial.refresh("--fields", "public_metrics,bogus")
        #expect(result.status == 78)
        #expect(result.errors.contains("value [bogus] is not one of"), "\(result.errors)")
    }
}
