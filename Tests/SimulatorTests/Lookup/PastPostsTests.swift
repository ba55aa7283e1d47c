import Foundation
import Simulator
import TestSupport
import Testing
import Time

/// A simulator that is started again knows the posts that the one before it streamed.
@Suite(.timeLimit(.minutes(20)))
struct PastPostsTests {
    /// Records by id, as a journal would give them.
    private struct Records: PastPosts {
        let records: [UInt64: [UInt8]]
        var isBroken = false

        struct Broken: Error {}

        func records(of ids: [UInt64]) throws -> [UInt64: [UInt8]] {
            if isBroken { throw Broken() }
            return records.filter { ids.contains($0.key) }
        }
    }

    private func records(_ fixture: LookupFixture) throws -> [UInt64: [UInt8]] {
        try fixture.streamed.reduce(into: [:]) { all, post in
            let id = try #require((post["id"] as? String).flatMap { UInt64($0) })
            all[id] = try Array(JSONSerialization.data(withJSONObject: ["data": post]))
        }
    }

    @Test func itsLookupsSayTheSameAsTheOneBeforeWouldHave() throws {
        func change(_ settings: inout LookupSettings) {
            settings.fates = SimulatedFates()
            settings.fates.editedPerMille = 0
            settings.fates.deletedPerMille = 200
            settings.fates.withheldPerMille = 100
            settings.fates.protectedAuthorsPerMille = 100
        }
        let first = try LookupFixture(streaming: 300) {
            $0.posts = .generated(seed: 5, start: nil)
            change(&$1)
        }
        let records = try records(first)
        let began = first.clock.clock.now
        let again = try LookupFixture(streaming: 0) {
            $0.posts = .generated(seed: 5, start: nil)
            change(&$1)
            $1.past = Records(records: records)
            $1.began = began
        }
        var states: Set<String> = []
        for hours in [1, 20, 100] {
            for fixture in [first, again] { fixture.clock.set(began + .seconds(Int64(hours) * 3_600)) }
            for start in stride(from: 0, to: first.ids.count, by: 100) {
                let ids = first.ids[start..<start + 100]
                let answers = try [first, again].map { try $0.lookUp(ids) }
                #expect(answers.allSatisfy { $0.status == 200 })
                let (old, new) = (answers[0].object, answers[1].object)
                // A repost knows less: whether the author of what it repeats is still there.
                let reposts = Set(
                    (old.posts + new.posts).filter { $0["referenced_tweets"] != nil }.compactMap { $0["id"] as? String }
                )
                func plain(_ posts: [[String: Any]]) -> [NSDictionary] {
                    posts.filter { !reposts.contains($0["id"] as? String ?? "") }.map {
                        var post = $0
                        // Drawn for the post, not told by the stream's fields that are read again.
                        for name in ["paid_partnership", "possibly_sensitive"] { post[name] = nil }
                        return post as NSDictionary
                    }
                }
                #expect(plain(old.posts) == plain(new.posts))
                for problem in new.problems { states.insert(problem["title"] as? String ?? "?") }
                let isMissing = { (object: [String: Any]) in
                    Set(object.problems.compactMap { $0["resource_id"] as? String })
                }
                #expect(isMissing(old).isSuperset(of: isMissing(new)))
            }
        }
        #expect(states == ["Not Found Error", "Authorization Error"])
    }

    @Test func whatNobodyStreamedIsNotFoundAndWhatCannotBeReadIsNoAnswer() throws {
        let first = try LookupFixture(streaming: 20)
        let records = try records(first)
        let known = try LookupFixture(streaming: 0) { $1.past = Records(records: records) }
        let answer = try known.lookUp(first.ids.prefix(5) + [12])
        #expect(answer.object.posts.count == 5 && answer.object.problems.count == 1)
        let broken = try LookupFixture(streaming: 0) { $1.past = Records(records: records, isBroken: true) }
        #expect(try broken.lookUp(first.ids.prefix(5)).status == 503)
    }
}
