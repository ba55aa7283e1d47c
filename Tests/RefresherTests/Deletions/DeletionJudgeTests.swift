import Journal
import Testing
import Time

@testable import Refresher

/// How much X may call gone before it is doubted.
@Suite struct DeletionJudgeTests {
    private let time = Timestamp(microseconds: 1_780_000_000_000_000)

    /// Whether a stretch is plausible in which X finds some and then does not find others.
    private func isPlausible(
        _ limit: DeletionLimit = .init(),
        found: Int,
        gone: Int,
        _ change: (inout PostState) -> Void = { _ in }
    ) -> Bool {
        var judge = DeletionJudge(limit)
        // Evenly, so that no row is long.
        for number in 0..<(found + gone) {
            let isGone = (number + 1) * gone / (found + gone) > number * gone / (found + gone)
            var post = PostState(id: UInt64(number))
            if isGone { change(&post) }
            judge.take(isGone: isGone, post)
        }
        return judge.isPlausible
    }

    @Test(arguments: [
        (25, 25, true), (24, 26, false), (0, 50, false), (0, 49, true), (97, 3, true), (499, 500, false),
        (9_700, 300, true),
    ]) func moreThanHalfOfFiftyIsTooMuch(_ found: Int, _ gone: Int, _ expected: Bool) {
        #expect(isPlausible(found: found, gone: gone) == expected)
    }

    @Test func shareAndNumberAreSettings() {
        #expect(!isPlausible(DeletionLimit(share: 0.1, least: 10), found: 8, gone: 2))
        #expect(isPlausible(DeletionLimit(share: 0.1, least: 10), found: 9, gone: 1))
        #expect(isPlausible(DeletionLimit(share: 1), found: 0, gone: 1_000))
        #expect(!isPlausible(DeletionLimit(share: 0, least: 1), found: 1_000, gone: 1))
    }

    @Test func whatWasGoneBeforeDoesNotCount() {
        let time = time
        #expect(isPlausible(found: 0, gone: 500) { $0.miss(at: time) })
        #expect(isPlausible(found: 0, gone: 500) { $0.supersede(at: time) })
        // It goes with the post that it repeats.
        #expect(isPlausible(found: 0, gone: 500) { $0.originalGone = time })
    }

    @Test func fiftyInARowAreTooMuchAmongThousandsThatWereFoundBefore() {
        var judge = DeletionJudge(DeletionLimit())
        for number in 0..<5_000 { judge.take(isGone: false, PostState(id: UInt64(number))) }
        for number in 0..<49 { judge.take(isGone: true, PostState(id: UInt64(number))) }
        #expect(judge.isPlausible)
        // The row goes on in the next stretch, however short that is.
        judge.begin(judge.carried)
        judge.take(isGone: true, PostState(id: 1))
        #expect(!judge.isPlausible && judge.asked == 1 && judge.gone == 1)
        judge.begin(judge.carried)
        judge.take(isGone: false, PostState(id: 2))
        judge.begin(judge.carried)
        judge.take(isGone: true, PostState(id: 3))
        #expect(judge.isPlausible)
    }

    /// Passes of a few posts are judged together, also those of other processes.
    @Test func whatShortStretchesLeaveIsJudgedWithTheNext() {
        var judge = DeletionJudge(DeletionLimit())
        for number in 0..<29 { judge.take(isGone: number % 3 != 0, PostState(id: UInt64(number))) }
        #expect(judge.isPlausible && judge.carried == .init(asked: 29, gone: 19, row: 1))
        let event = EventValue.object(judge.carried.fields).json
        #expect(DeletionJudge.Carried(event) == judge.carried)
        var next = DeletionJudge(DeletionLimit(), carried: .init(event))
        for number in 0..<21 { next.take(isGone: number % 3 != 0, PostState(id: UInt64(100 + number))) }
        #expect(!next.isPlausible, "33 of 50")
        #expect(next.carried.asked == 0)
        #expect(DeletionJudge.Carried(Array(#"{"why":"plausible"}"#.utf8)) == .init())
        #expect(DeletionJudge.Carried(Array(#"{"carried_asked":-1,"carried_row":1e300}"#.utf8)) == .init())
    }

    @Test func aDoubtIsConfirmedAfterADayInWhichXFoundOthers() {
        var doubt = DeletionDoubt(since: time, sampled: time, sample: [1, 2])
        #expect(!doubt.isSampleDue(at: time + .seconds(3_599)) && doubt.isSampleDue(at: time + .seconds(3_600)))
        // The clock was set back; nobody waits until it has come there again.
        #expect(doubt.isSampleDue(at: time - .seconds(1)))
        #expect(!doubt.isConfirmed(at: time + .seconds(10 * 86_400)), "X finds nothing at all")
        doubt.found = 1
        #expect(!doubt.isConfirmed(at: time + .seconds(86_399)) && doubt.isConfirmed(at: time + .seconds(86_400)))
    }
}
