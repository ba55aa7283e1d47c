import TestSupport
import Testing
import XAPI

struct RuleSetDiffTests {
    private let cats = StreamRule(value: "#cat", tag: "cats")
    private let dogs = StreamRule(value: "#dog", tag: "dogs")

    private func active(_ id: Int, _ rule: StreamRule) -> ActiveRule { ActiveRule(id: "\(id)", rule: rule) }

    @Test func nothingInForceMeansAllIsAdded() {
        let diff = RuleSetDiff(wanted: [cats, dogs], active: [], prune: true)
        #expect(diff.added == [cats, dogs])
        #expect(diff.deleted.isEmpty)
    }

    @Test func theSameRulesAreKept() {
        let diff = RuleSetDiff(wanted: [cats, dogs], active: [active(2, dogs), active(1, cats)], prune: true)
        #expect(diff.isEmpty)
        #expect(diff.kept.count == 2)
    }

    @Test func anotherTagMeansDeleteAndAdd() {
        let old = active(1, StreamRule(value: "#cat", tag: "felines"))
        let diff = RuleSetDiff(wanted: [cats], active: [old], prune: false)
        #expect(diff.deleted == [old])
        #expect(diff.added == [cats])
    }

    @Test func unwantedRulesStayUnlessPruned() {
        let other = active(9, StreamRule(value: "#fish"))
        #expect(RuleSetDiff(wanted: [cats], active: [active(1, cats), other], prune: false).unlisted == [other])
        #expect(RuleSetDiff(wanted: [cats], active: [active(1, cats), other], prune: true).deleted == [other])
    }

    @Test(arguments: 0..<50) func carryingADifferenceOutLeavesNothingToDo(_ round: Int) {
        var random = SeededRandom()
        func rules() -> [StreamRule] {
            Set((0..<Int.random(in: 0...6, using: &random)).map { _ in Int.random(in: 0..<8, using: &random) }).sorted()
                .map { StreamRule(value: "v\($0)", tag: "t\(Int.random(in: 0..<3, using: &random))") }
        }
        let wanted = rules()
        let inForce = rules().enumerated().map { active($0, $1) }
        let prune = Bool.random(using: &random)
        let diff = RuleSetDiff(wanted: wanted, active: inForce, prune: prune)
        let after = inForce.filter { !diff.deleted.contains($0) } + diff.added.enumerated().map { active(100 + $0, $1) }
        let again = RuleSetDiff(wanted: wanted, active: after, prune: prune)
        #expect(again.isEmpty, "\(random)")
        #expect(again.kept.count == wanted.count, "\(random)")
        #expect(Set(after.map(\.rule.value)).count == after.count, "\(random)")
    }
}
