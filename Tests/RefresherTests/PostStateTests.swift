import TestSupport
import Testing
import Time

@testable import Refresher

private let start = Timestamp(microseconds: 1_780_000_000_000_000)

/// What is known of a post does not depend on the order in which it was learned, nor on how often.
@Suite struct PostStateTests {
    private enum Fact: CaseIterable {
        case sighting, counts, miss, edit
    }

    private struct Learned {
        let fact: Fact
        let time: Timestamp
        let likes: Int64
        let rules: [UInt8]

        func teach(_ state: inout PostState) {
            switch fact {
            case .sighting: state.sight(at: time, rules: rules, isRepost: false)
            case .counts: state.observe(.init(time: time, likes: likes))
            case .miss: state.miss(at: time)
            case .edit: state.supersede(at: time)
            }
        }
    }

    @Test func anyOrderAndNumberOfDocumentsGivesAnEqualState() {
        var random = SeededRandom()
        for _ in 0..<2_000 {
            let facts = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                Learned(
                    fact: Fact.allCases[Int.random(in: 0..<10, using: &random) / 3],
                    // Few times, so that some things happen at once.
                    time: start + .seconds(Int.random(in: 0..<6, using: &random)),
                    likes: Int64.random(in: 0..<4, using: &random),
                    rules: Array("[\"\(Int.random(in: 0..<3, using: &random))\"]".utf8)
                )
            }
            func learn(_ facts: [Learned]) -> PostState { facts.reduce(into: PostState(id: 7)) { $1.teach(&$0) } }
            let known = learn(facts)
            let schedule = RefreshSchedule()
            for _ in 0..<4 {
                let again = learn((facts + facts.filter { _ in Bool.random(using: &random) }).shuffled(using: &random))
                #expect(again == known, "\(random)")
                #expect(schedule.due(again).time == schedule.due(known).time, "\(random)")
                #expect(schedule.value(again) == schedule.value(known), "\(random)")
            }
        }
    }

    @Test func theTwoNewestCountsStay() {
        var state = PostState(id: 1)
        for (second, likes) in [(3, 30), (1, 10), (5, 50), (4, 40), (2, 20)] {
            state.observe(.init(time: start + .seconds(second), likes: Int64(likes)))
        }
        #expect(state.last == .init(time: start + .seconds(5), likes: 50))
        #expect(state.before == .init(time: start + .seconds(4), likes: 40))
    }

    @Test func aMissCountsUntilNewerCountsCome() {
        var state = PostState(id: 1)
        state.sight(at: start, rules: [], isRepost: false)
        state.observe(.init(time: start, likes: 0))
        #expect(!state.isGone)
        state.miss(at: start + .seconds(10))
        #expect(state.isGone && !state.isGoneForGood)
        state.miss(at: start + .seconds(10))
        #expect(!state.isGoneForGood, "the same miss twice is one")
        state.miss(at: start + .seconds(20))
        #expect(state.isGone && state.isGoneForGood)
        // It was protected, and opens again.
        state.observe(.init(time: start + .seconds(30), likes: 3))
        #expect(!state.isGone && !state.isGoneForGood)
        state.miss(at: start + .seconds(40))
        #expect(state.isGone && !state.isGoneForGood, "after a revival it is asked for once more again")
    }
}
