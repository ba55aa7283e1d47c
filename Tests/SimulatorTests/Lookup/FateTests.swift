import Foundation
import TestSupport
import Testing
import Time

@testable import Simulator

@Suite(.timeLimit(.minutes(20)))
struct FateTests {
    private static let start = SimulatorConfiguration.defaultStart

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
        let (one, records) = try makeWorld(2_000, seed: 9)
        let (two, _) = try makeWorld(2_000, seed: 9)
        let later = Self.start + .seconds(3 * 86_400)
        for id in ids(records) {
            let post = one.truth.post(id, at: later)
            #expect(post != nil)
            #expect(post == two.truth.post(id, at: later))
        }
    }

    @Test func everyHarmComesToSomeAndStaysSmall() throws {
        let (world, records) = try makeWorld(20_000)
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
        let (world, records) = try makeWorld(5_000) {
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
