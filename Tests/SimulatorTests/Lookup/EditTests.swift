import Foundation
import TestSupport
import Testing
import Time

@testable import Simulator

@Suite(.timeLimit(.minutes(20)))
struct EditTests {
    private static let start = SimulatorConfiguration.defaultStart

    @Test func anEditIsAPostOfItsOwnThatNamesItsHistory() throws {
        let (world, records) = try makeWorld(6_000) {
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
        let (world, records) = try makeWorld(4_000) {
            $0 = .none
            $0.editedPerMille = 200
        }
        let later = Self.start + .seconds(1e6)
        let edited = ids(records).compactMap { world.truth.post($0, at: later) }
            .filter { $0.editHistory.count > 1 && $0.editHistory[0] == $0.id }
        #expect(edited.count > 50)
        for post in edited {
            var answer = LookupAnswer(world: world, view: PostView(), time: later)
            answer.add(post.id, answersWithNewest: newest)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.json)) as? [String: Any])
            let wanted = newest ? post.editHistory[post.editHistory.count - 1] : post.id
            #expect(object.posts.first?["id"] as? String == String(wanted))
            #expect(object.posts.first?["edit_history_tweet_ids"] as? [String] == post.editHistory.map(String.init))
            #expect(answer.returnedIDs == [wanted])
        }
    }

    @Test func everyPostIsMadeAgainAsItWasWhateverTheRulesWere() throws {
        var random = SeededRandom()
        let sets: [[SimulatedRule]] = [
            SimulatedRule.catsAndDogs, [SimulatedRule("espresso lang:de has:links", tag: "coffee")],
            [
                SimulatedRule("(\"good boy\" OR #dog) -has:videos", tag: nil),
                SimulatedRule("#cat has:images", tag: "c"),
            ],
            SimulatedRule.catsAndDogs,
        ]
        let seed = UInt64.random(in: 1...1_000_000, using: &random)
        let (world, records) = try makeWorld(4_000, seed: seed, rules: sets)
        var plainCount = 0
        for record in records {
            let id = try #require(UInt64(record["id"] as? String ?? ""))
            var json = JSONText()
            var post = try #require(world.recall(id)).post
            let truth = try #require(world.truth.post(id, at: PostLaw.creation(of: id)))
            post.take(truth.counts)
            post.earlierVersions = truth.editHistory.filter { $0 < id }
            post.writeObject(PostFields(list: LookupFixture.fields), spelling: .tweet, to: &json)
            let made = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
            #expect(NSDictionary(dictionary: made) == NSDictionary(dictionary: record), "seed \(seed), \(random)")
            if truth.repostedID == nil { plainCount += 1 }
        }
        #expect(plainCount > 500 && plainCount < 3_500)
    }
}
