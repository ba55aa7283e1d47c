import Foundation
import Journal
import SQLite
import Sinks
import TestSupport
import Testing
import Time
import Transform

@testable import Refresher

/// `posts.sqlite` is a function of the documents alone: order, repetition and restarts leave no trace.
@Suite struct PostsSinkTests {
    private static let start = Timestamp(microseconds: 1_780_000_000_123_456)

    /// Sightings, lookups, deletions and edits of a few posts and reposts of them, at times of their own.
    private func story(_ random: inout SeededRandom) -> [DocumentBatch] {
        (0..<120).map { number in
            let id = UInt64.random(in: 1...16, using: &random)
            let time = Self.start + .seconds(number * 600)
            let likes = Int.random(in: 0...300, using: &random)
            let asked = Question([.init(id: id, arrival: time - .seconds(60), rules: Array(#"["a"]"#.utf8))])
            let counts =
                #""text":"t","public_metrics":{"like_count":\#(likes)}"#
                + (id > 12 ? #","referenced_tweets":[{"type":"retweeted","id":"\#(id - 12)"}]"# : "")
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                let rules = [#"[{"tag":"a"}]"#, #"[{"tag":"b"},{"tag":"\u00e9"}]"#, "[]", #"[{"id":"1"},{"tag":"c"}]"#]
                let rule = rules[Int.random(in: 0..<rules.count, using: &random)]
                return Documents.sighting(#"{"id":"\#(id)",\#(counts)}"#, rules: rule, at: time)
            case 3...5: return Documents.answer(#"{"data":[{"id":"\#(id)",\#(counts)}]}"#, to: asked, at: time)
            case 6:
                let type = "https://api.x.com/2/problems/resource-not-found"
                let problem = #"{"resource_id":"\#(id)","type":"\#(type)"}"#
                return Documents.answer(#"{"errors":[\#(problem)]}"#, to: asked, at: time)
            default:
                let edited = #"{"id":"\#(id + 100)",\#(counts),"edit_history_tweet_ids":["\#(id)","\#(id + 100)"]}"#
                return Documents.sighting(edited, rules: #"[{"tag":"a"}]"#, at: time)
            }
        }
    }

    private func dump(_ batches: [DocumentBatch], reopening: Bool = false) throws -> [String] {
        let folder = try TemporaryFolder()
        var file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        for batch in batches {
            if reopening { file = try PostsFile(journal: folder.path, schedule: RefreshSchedule()) }
            let counts = try PostsSink(file).deliver(batch)
            #expect(counts.accepted == batch.documents.count)
        }
        return try postsDump(folder.path)
    }

    @Test func theOrderOfDocumentsLeavesNoTrace() throws {
        for _ in 0..<6 {
            var random = SeededRandom()
            let story = story(&random)
            let known = try dump(story)
            #expect(known.count > 12, "\(random)")
            for _ in 0..<3 {
                let again = (story + story.filter { _ in Bool.random(using: &random) }).shuffled(using: &random)
                #expect(try dump(again) == known, "\(random)")
            }
            #expect(try dump(story, reopening: true) == known, "\(random)")
        }
    }

    @Test func whatRepeatsAnOlderVersionFollowsTheNewest() throws {
        let asked = Question([.init(id: 3, arrival: Self.start, rules: Array("[]".utf8))])
        let type = "https://api.x.com/2/problems/resource-not-found"
        func at(_ minutes: Int) -> Timestamp { Self.start + .seconds(60 * minutes) }
        let stories = [
            Documents.sighting(#"{"id":"1","text":"t"}"#, rules: "[]", at: at(0)),
            Documents.sighting(
                #"{"id":"2","text":"RT","referenced_tweets":[{"type":"retweeted","id":"1"}]}"#,
                rules: "[]",
                at: at(1)
            ),
            Documents.sighting(#"{"id":"3","text":"u","edit_history_tweet_ids":["1","3"]}"#, rules: "[]", at: at(2)),
            Documents.answer(#"{"errors":[{"resource_id":"3","type":"\#(type)"}]}"#, to: asked, at: at(3)),
        ]
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 3, 1, 0]] {
            let folder = try TemporaryFolder()
            let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
            for index in order { _ = try PostsSink(file).deliver(stories[index]) }
            let repost = try #require(try file.state(of: 2))
            let (due, reason) = RefreshSchedule().due(repost)
            #expect(reason == .originalGone && due == at(3), "\(order): \(repost)")
        }
    }

    @Test func aVersionThatIsShownAgainAfterItWasSupersededIsReadAgain() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        let asked = Question([.init(id: 1, arrival: Self.start, rules: Array("[]".utf8))])
        let edited = #"{"id":"3","text":"u","edit_history_tweet_ids":["1","3"]}"#
        let old = #"{"id":"1","text":"t","public_metrics":{"like_count":4},"edit_history_tweet_ids":["1"]}"#
        let sink = PostsSink(file)
        _ = try sink.deliver(Documents.sighting(#"{"id":"1","text":"t"}"#, rules: "[]", at: Self.start))
        _ = try sink.deliver(Documents.sighting(edited, rules: "[]", at: Self.start + .seconds(900)))
        #expect(try file.state(of: 1).map { RefreshSchedule().due($0).reason } == .superseded)
        _ = try sink.deliver(Documents.answer(#"{"data":[\#(old)]}"#, to: asked, at: Self.start + .seconds(901)))
        #expect(try file.state(of: 1).map { RefreshSchedule().due($0).reason } == .step(.seconds(3_600)))
    }

    @Test func aRuleWithoutATagStaysInFrontOfThoseWithOne() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        let rules = #"[{"id":"1"},{"id":"2","tag":"b\u00e9"}]"#
        _ = try PostsSink(file).deliver(Documents.sighting(#"{"id":"5"}"#, rules: rules, at: Self.start))
        let state = try #require(try file.state(of: 5))
        #expect(String(decoding: state.rules, as: UTF8.self) == #"[null,"b\u00e9"]"#)
        #expect(state.sighted == Self.start && state.first == Self.start && state.last == nil)
    }

    @Test func anEditThatOnlyALookupShowedIsFollowed() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        let asked = Question([.init(id: 1, arrival: Self.start, rules: Array(#"["a"]"#.utf8))])
        let newest = #"{"id":"2","text":"t","edit_history_tweet_ids":["1","2"],"public_metrics":{"like_count":4}}"#
        let time = Self.start + .seconds(900)
        _ = try PostsSink(file).deliver(Documents.answer(#"{"data":[\#(newest)]}"#, to: asked, at: time))
        #expect(try file.state(of: 1)?.isSuperseded == true)
        let state = try #require(try file.state(of: 2))
        let (due, reason) = RefreshSchedule().due(state)
        #expect(reason == .step(.seconds(3_600)) && due.map { $0 <= Self.start + .seconds(3_600) } == true)
        #expect(state.rules == Array(#"["a"]"#.utf8) && state.last?.likes == 4)
    }

    @Test func anotherScheduleReckonsEveryPostAnew() throws {
        let folder = try TemporaryFolder()
        var file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        for id in 1...2_500 {
            let post = #"{"id":"\#(id)","public_metrics":{"like_count":1}}"#
            _ = try PostsSink(file).deliver(Documents.sighting(post, rules: "[]", at: Self.start + .seconds(id)))
        }
        func dues() throws -> [String] {
            try rows("\(folder.path)/posts.sqlite", "SELECT id, due FROM posts ORDER BY id")
        }
        func expected(_ age: Int) -> [String] {
            (1...2_500).map { "\($0)|\((Self.start + .seconds($0 + age)).rawValue)" }
        }
        #expect(try dues() == expected(900))
        let identity = file.identity
        file = try PostsFile(journal: folder.path, schedule: RefreshSchedule(steps: [.seconds(60)]))
        try file.keepToSchedule()
        #expect(try dues() == expected(60))
        #expect(file.identity == identity)
        file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        try file.keepToSchedule()
        #expect(try dues() == expected(900))
    }

    @Test func whatALookupMayLackIsKeptForItsQuestion() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        let sink = PostsSink(file)
        let counts = #""text":"t","public_metrics":{"like_count":1}"#
        let reply = #"{"id":"7",\#(counts),"author_id":"77","referenced_tweets":[{"type":"replied_to","id":"3"}]}"#
        _ = try sink.deliver(Documents.sighting(reply, rules: #"[{"tag":"a"}]"#, at: Self.start))
        let question = try #require(try file.state(of: 7)).question(at: Self.start)
        #expect(question.author == Array("77".utf8) && question.kind == .reply && question.newestID == nil)
        let later = Self.start + .seconds(900)
        let answer = Documents.answer(#"{"data":[{"id":"7",\#(counts)}]}"#, to: Question([question]), at: later)
        #expect(answer.documents.first?.postKind == .reply)
        _ = try sink.deliver(answer)
        // An answer to a question of before knows neither.
        let bare = Question([.init(id: 7, arrival: Self.start, rules: Array(#"["a"]"#.utf8))])
        _ = try sink.deliver(Documents.answer(#"{"data":[{"id":"7",\#(counts)}]}"#, to: bare, at: later + .seconds(60)))
        #expect(try file.state(of: 7)?.question(at: later) == question)
        let edited = #"{"id":"8",\#(counts),"edit_history_tweet_ids":["7","8"]}"#
        _ = try sink.deliver(Documents.sighting(edited, rules: "[]", at: later + .seconds(120)))
        #expect(try file.state(of: 7)?.question(at: later).newestID == 8)
    }

    @Test func aPostThatTheStreamShowsAsWithheldIsLookedUpLikeAnyOtherThatIsHidden() throws {
        let folder = try TemporaryFolder()
        let file = try PostsFile(journal: folder.path, schedule: RefreshSchedule())
        let sink = PostsSink(file)
        let schedule = RefreshSchedule()
        let withheld =
            #"{"id":"7","text":"t","author_id":"5","withheld":{"copyright":false,"country_codes":["DE"]}}"#
        let rules = #"[{"id":"1"},{"tag":"a"}]"#
        // The stream may show it twice, which is no answer to a lookup.
        for time in [Self.start, Self.start + .seconds(60)] {
            _ = try sink.deliver(Documents.sighting(withheld, rules: rules, at: time))
        }
        let seen = Self.start + .seconds(60)
        let state = try #require(try file.state(of: 7))
        #expect(state.isGone && !state.isGoneForGood && state.first == Self.start)
        #expect(schedule.due(state).time == seen + RefreshSchedule.onceMoreAfter)
        #expect(schedule.due(state).reason == .onceMore)
        let question = state.question(at: seen)
        #expect(question.rules == Array(#"[null,"a"]"#.utf8) && question.author == Array("5".utf8))

        // Two lookups that do not find it either are the end of it; one that does brings it back.
        var missed = state
        missed.miss(at: seen + .seconds(3_600))
        #expect(schedule.due(missed).reason == .onceMore)
        missed.miss(at: seen + .seconds(7_200))
        #expect(schedule.due(missed).time == nil && missed.isGoneForGood)
        let counts = #""text":"t","public_metrics":{"like_count":3}"#
        let later = seen + .seconds(3_600)
        let answer = Documents.answer(#"{"data":[{"id":"7",\#(counts)}]}"#, to: Question([question]), at: later)
        let document = try #require(answer.documents.first)
        #expect(document.category == nil && document.categories.map { answer.string($0) } == #"["a"]"#)
        _ = try sink.deliver(answer)
        let found = try #require(try file.state(of: 7))
        #expect(!found.isGone && schedule.due(found).reason == .step(.seconds(14_400)))
    }

    @Test func whatTheStreamShowsAsWithheldIsLookedUpAnHourLaterAndShownAgain() throws {
        let x = try ScriptedX(posts: 1..<3, at: Self.start) { ids in
            "{\"data\":[\(ids.map { ScriptedX.post($0, likes: 4) }.joined(separator: ","))]}"
        }
        x.clock.advance(by: .seconds(1))
        let writer = try JournalWriter(directory: x.folder.path, source: .filtered, clock: x.clock.clock)
        let line = #"{"data":{"id":"9","text":"x","withheld":{"country_codes":["DE"]}},"matching_rules":[{"tag":"a"}]}"#
        try Array("\(line)\r\n".utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        func pass() throws -> RefreshReport {
            try x.pass("10/day") {
                $0.billing = .none
                $0.schedule.steps = [.seconds(900)]
            }
        }
        x.clock.advance(by: .seconds(3_500))
        #expect(try pass().read == 2)
        x.clock.advance(by: .seconds(110))
        let report = try pass()
        #expect(report.read == 1 && report.ending == .done, "\(report)")
    }
}
