import Foundation
import TestSupport
import Testing
import Time

@testable import Simulator

@Suite(.timeLimit(.minutes(5)))
struct FateTests {
    private static let start = SimulatorConfiguration.defaultStart

    /// A world of posts a second apart, with the records that a stream had of it.
    private func world(
        _ count: Int,
        seed: UInt64 = 1,
        _ change: (inout SimulatedFates) -> Void = { _ in }
    ) throws -> (world: PostWorld, records: [[String: Any]]) {
        var configuration = SimulatorConfiguration()
        configuration.posts = .generated(seed: seed, start: Self.start)
        var settings = LookupSettings()
        change(&settings.fates)
        configuration.lookups = settings
        let world = try #require(try PostWorld(configuration, clock: ManualClock(Self.start).clock))
        let book = RuleBook()
        _ = book.add(SimulatedRule.catsAndDogs)
        let clock = PostClock(start: Self.start, step: .seconds(1))
        var generator = PostGenerator(seed: seed, clock: clock, spelling: .tweet, world: world)
        let fields = PostFields(list: LookupFixture.fields)
        let records = try (0..<count).map { _ -> [String: Any] in
            var bytes: [UInt8] = []
            #expect(generator.appendNext(rules: book.current, fields: fields, to: &bytes))
            let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            return try #require(object?["data"] as? [String: Any])
        }
        return (world, records)
    }

    private func ids(_ records: [[String: Any]]) -> [UInt64] {
        records.compactMap { UInt64($0["id"] as? String ?? "") }
    }

    @Test func countsOnlyGrowAndEnd() throws {
        let law = PostLaw(seed: 3, fates: .none, start: Self.start)
        let hours = [0.0, 0.1, 0.5, 1, 2, 5, 10, 24, 48, 100, 400, 1_000, 10_000]
        for index in 0..<5_000 {
            let id = PostClock.id(milliseconds: Self.start.milliseconds + Int64(index), machine: 0, sequence: 0)
            let rows = hours.map { law.counts(of: id, at: Self.start + .seconds($0 * 3_600)) }
            for (a, b) in zip(rows, rows.dropFirst()) {
                #expect(a.likes <= b.likes && a.reposts <= b.reposts && a.replies <= b.replies)
                #expect(a.quotes <= b.quotes && a.bookmarks <= b.bookmarks && a.impressions <= b.impressions)
            }
            #expect(rows[hours.count - 1] == rows[hours.count - 2])
        }
    }

    @Test func likesHaveAHeavyTail() throws {
        let law = PostLaw(seed: 4, fates: .none, start: Self.start)
        let likes = (0..<100_000).map { index in
            let id = PostClock.id(milliseconds: Self.start.milliseconds + Int64(index), machine: 0, sequence: 0)
            return law.counts(of: id, at: Self.start + .seconds(1e7)).likes
        }.sorted(by: >)
        #expect(abs(likes.count { $0 == 0 } - 53_300) < 1_500)
        #expect(likes[0] > 1_000)
        // The top hundredth has more than half of all.
        #expect(likes.prefix(1_000).reduce(0, +) * 2 > likes.reduce(0, +))
    }

    @Test func theSameSeedGivesTheSameFates() throws {
        let (one, records) = try world(2_000, seed: 9)
        let (two, _) = try world(2_000, seed: 9)
        let later = Self.start + .seconds(3 * 86_400)
        for id in ids(records) {
            let post = one.truth.post(id, at: later)
            #expect(post != nil)
            #expect(post == two.truth.post(id, at: later))
        }
    }

    @Test func everyHarmComesToSomeAndStaysSmall() throws {
        let (world, records) = try world(20_000)
        let later = Self.start + .seconds(30 * 86_400)
        let posts = ids(records).compactMap { world.truth.post($0, at: later) }
        #expect(posts.count == 20_000)
        for state in [SimulatedPost.State.deleted, .protected, .suspended] {
            let count = posts.count { $0.state == state }
            #expect(count > 20 && count < 2_000, "\(state): \(count)")
        }
        #expect(posts.count { !$0.withheldCountries.isEmpty } > 50)
        // Nobody writes in public who cannot.
        for post in posts.prefix(5_000) {
            let state = world.truth.post(post.id, at: PostLaw.creation(of: post.id))?.state
            #expect(state == .visible || (state != nil && post.repostedID != nil))
        }
    }

    @Test func aWholeAuthorIsSuspendedAtOnceAndProtectionMayEnd() throws {
        let (world, records) = try world(5_000) {
            $0 = .none
            $0.suspendedAuthorsPerMille = 300
            $0.protectedAuthorsPerMille = 300
        }
        var isOpenedAgain = false
        for hours in stride(from: 3, through: 240, by: 24) {
            let time = Self.start + .seconds(hours * 3_600)
            var byAuthor: [UInt64: Set<String>] = [:]
            for post in ids(records).compactMap({ world.truth.post($0, at: time) }) where post.repostedID == nil {
                byAuthor[post.authorID, default: []].insert("\(post.state)")
                let later = world.truth.post(post.id, at: time + .seconds(86_400))
                if post.state == .protected, later?.state == .visible { isOpenedAgain = true }
                if post.state == .suspended { #expect(later?.state == .suspended) }
            }
            #expect(byAuthor.values.allSatisfy { $0.count == 1 })
        }
        #expect(isOpenedAgain)
    }

    @Test func anEditIsAPostOfItsOwnThatNamesItsHistory() throws {
        let (world, records) = try world(6_000) {
            $0 = .none
            $0.editedPerMille = 200
        }
        let byID = Dictionary(uniqueKeysWithValues: zip(ids(records), records))
        #expect(byID.count == 6_000)
        let edits = records.filter { ($0["edit_history_tweet_ids"] as? [String])?.count ?? 0 > 1 }
        #expect(edits.count > 200)
        #expect(edits.contains { ($0["edit_history_tweet_ids"] as? [String])?.count ?? 0 > 2 })
        for edit in edits {
            let history = try #require(edit["edit_history_tweet_ids"] as? [String]).compactMap { UInt64($0) }
            #expect(history.last.map(String.init) == edit["id"] as? String)
            let first = try #require(byID[history[0]])
            #expect((edit["text"] as? String)?.hasPrefix(first["text"] as? String ?? "?") == true)
            #expect(edit["author_id"] as? String == first["author_id"] as? String)
            let last = try #require(history.last)
            let apart = PostLaw.creation(of: last) - PostLaw.creation(of: history[0])
            #expect(apart > .zero && apart < .seconds(1_860), "edits come within half an hour and the stream's step")
            // Before its edit the first version knows nothing of it, afterwards both name the same.
            #expect(world.truth.post(history[0], at: PostLaw.creation(of: history[0]))?.editHistory == [history[0]])
            let whole = try #require(world.truth.post(history[0], at: Self.start + .seconds(1e6))).editHistory
            #expect(whole.starts(with: history))
            #expect(world.truth.post(last, at: Self.start + .seconds(1e6))?.editHistory == whole)
            // A lookup makes the same text again.
            #expect(world.recall(last).map { String(decoding: $0.post.text, as: UTF8.self) } == edit["text"] as? String)
        }
    }

    @Test(arguments: [false, true]) func anEditedPostIsAnsweredAsAskedOrByItsNewestVersion(_ newest: Bool) throws {
        let (world, records) = try world(4_000) {
            $0 = .none
            $0.editedPerMille = 200
        }
        let later = Self.start + .seconds(1e6)
        let edited = ids(records).compactMap { world.truth.post($0, at: later) }
            .filter { $0.editHistory.count > 1 && $0.editHistory[0] == $0.id }
        #expect(edited.count > 50)
        for post in edited {
            var answer = LookupAnswer(world: world, spelling: .tweet, time: later)
            let question = LookupAnswer.Question(ids: [post.id], fields: [], expandsReferences: false)
            answer.add(post.id, question, answersWithNewest: newest)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.json)) as? [String: Any])
            let wanted = newest ? post.editHistory[post.editHistory.count - 1] : post.id
            #expect(object.posts.first?["id"] as? String == String(wanted))
            #expect(object.posts.first?["edit_history_tweet_ids"] as? [String] == post.editHistory.map(String.init))
            #expect(answer.returnedIDs == [wanted])
        }
    }

    @Test func lookupsAnswerAsTheTruthIs() throws {
        let fixture = try LookupFixture(streaming: 1_000) {
            $1.fates.deletedPerMille = 200
            $1.fates.withheldPerMille = 200
            $1.fates.suspendedAuthorsPerMille = 100
            $1.fates.protectedAuthorsPerMille = 100
        }
        var tally: [String: Int] = [:]
        for _ in 0..<5 {
            fixture.clock.advance(by: .seconds(40_000))
            let now = fixture.clock.clock.now
            for start in stride(from: 0, to: 1_000, by: 100) {
                let ids = fixture.ids[start..<(start + 100)]
                let object = try fixture.lookUp(ids).object
                var seen: [String: String] = [:]
                for post in object.posts {
                    let countries = (post["withheld"] as? [String: Any])?["country_codes"] as? [String] ?? []
                    seen[post["id"] as? String ?? ""] = "visible \(countries)"
                }
                for problem in object.problems {
                    let id = problem["resource_id"] as? String ?? ""
                    #expect(problem["value"] as? String == id && problem["parameter"] as? String == "ids")
                    let type = (problem["type"] as? String)?.split(separator: "/").last.map(String.init)
                    if type == "not-authorized-for-resource" { #expect(problem["section"] as? String == "data") }
                    seen[id] = type
                }
                for id in ids {
                    let truth = try #require(try fixture.truth.post(id, at: now))
                    let wanted =
                        switch truth.state {
                        case .visible: "visible \(truth.withheldCountries)"
                        case .deleted: "resource-not-found"
                        case .protected, .suspended: "not-authorized-for-resource"
                        }
                    #expect(seen[String(id)] == wanted)
                    tally[wanted, default: 0] += 1
                }
            }
        }
        #expect(tally.count >= 5, "\(tally)")
    }
}
