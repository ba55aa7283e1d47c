import Testing
import Time

@testable import Refresher

private let start = Timestamp(microseconds: 1_780_000_000_000_000)

/// When a post is due, and why.
@Suite struct RefreshScheduleTests {
    private let schedule = RefreshSchedule()

    /// A post first seen at the start without a like, with counts at some ages in seconds.
    private func post(_ counts: (age: Int, likes: Int64)...) -> PostState {
        var post = PostState(id: 1)
        post.sight(at: start, rules: Array("[]".utf8), isRepost: false)
        for (age, likes) in counts { post.observe(.init(time: start + .seconds(age), likes: likes)) }
        return post
    }

    private func expect(
        _ post: PostState,
        _ age: Int?,
        _ reason: RefreshSchedule.Reason,
        _ schedule: RefreshSchedule = .init(),
        at place: SourceLocation = #_sourceLocation
    ) {
        let (time, why) = schedule.due(post)
        #expect(time == age.map { start + .seconds($0) } && why == reason, sourceLocation: place)
    }

    @Test func eachStepIsDueOnceItsAgeIsReached() {
        expect(post(), 900, .step(.seconds(900)))
        expect(post((0, 0)), 900, .step(.seconds(900)))
        expect(post((899, 0)), 900, .step(.seconds(900)))
        expect(post((900, 0)), 3_600, .step(.seconds(3_600)))
        expect(post((0, 0), (3_600, 1)), 14_400, .step(.seconds(14_400)))
        expect(post((259_200, 5), (300_000, 6)), 604_800, .step(.seconds(604_800)))
        expect(post((259_200, 5), (604_800, 6)), nil, .runOut)
    }

    @Test func stepsPassedAtOnceCountOnce() {
        // Read for the first time after five hours: three steps are behind it.
        expect(post((0, 0), (18_000, 3)), 86_400, .step(.seconds(86_400)))
        expect(post((0, 0), (700_000, 3)), nil, .runOut)
    }

    @Test func whatClimbsIsReadHalfWayToTheNextStep() {
        // 20 more, and a fifth of all: at 4 h the next step is 20 h away.
        expect(post((3_600, 80), (14_400, 100)), 14_400 + 36_000, .climbing(.seconds(86_400)))
        expect(post((3_600, 81), (14_400, 100)), 86_400, .step(.seconds(86_400)))
        expect(post((3_600, 81), (14_400, 101)), 86_400, .step(.seconds(86_400)))
        expect(post((3_600, 0), (14_400, 19)), 86_400, .step(.seconds(86_400)))
        // The next step is near enough.
        expect(post((0, 0), (900, 1_000)), 3_600, .step(.seconds(3_600)))
        expect(post((70_000, 0), (79_200, 1_000)), 86_400, .step(.seconds(86_400)))
        expect(post((70_000, 0), (79_198, 1_000)), 79_198 + 3_601, .climbing(.seconds(86_400)))
    }

    @Test func aRepostOfWhatIsGoneIsAskedForOnce() {
        var repost = PostState(id: 2)
        repost.sight(at: start, rules: Array("[]".utf8), isRepost: true, of: 1)
        repost.observe(.init(time: start, likes: 0))
        expect(repost, nil, .repost)
        repost.originalGone = start + .seconds(500)
        expect(repost, 500, .originalGone)
        var found = repost
        found.observe(.init(time: start + .seconds(600), likes: 0))
        expect(found, nil, .repost)
        // A stream that shows it all the same is no answer.
        repost.sight(at: start + .seconds(700), rules: Array("[]".utf8), isRepost: true, of: 1)
        repost.observe(.init(time: start + .seconds(700), likes: 0))
        expect(repost, 700, .originalGone)
        repost.miss(at: start + .seconds(800))
        expect(repost, 800 + 3_600, .onceMore)
    }

    @Test func whatHasNotChangedForADayIsLetGo() {
        expect(post((86_400, 5), (259_200, 5)), nil, .stopped)
        expect(post((86_400, 5), (259_200, 6)), 604_800, .step(.seconds(604_800)))
        expect(post((14_400, 5), (86_400, 5)), 259_200, .step(.seconds(259_200)))
    }

    @Test func aLookupShortlyBeforeMidnightStandsForAStepShortlyAfterIt() {
        // The step at 1 h lies ten minutes behind midnight; half of the wait is over twenty minutes before it.
        let first = start.startOfDay + .seconds(86_400 - 3_000)
        func post(readAt age: Int, sightedAt sighting: Int? = nil) -> PostState {
            var post = PostState(id: 1)
            post.sight(at: first, rules: [], isRepost: false)
            post.observe(.init(time: first, likes: 0))
            post.observe(.init(time: first + .seconds(age), likes: 1))
            if let sighting { post.sight(at: first + .seconds(sighting), rules: [], isRepost: false) }
            return post
        }
        func next(_ post: PostState) -> (age: Int?, free: Int?) {
            let due = schedule.due(post)
            func age(_ time: Timestamp?) -> Int? { time.map { Int(($0 - first).asSeconds) } }
            return (age(due.time), age(schedule.freeFrom(post, due)))
        }
        #expect(next(post(readAt: 900)) == (3_600, 1_800))
        #expect(next(post(readAt: 1_799)) == (3_600, 1_800))
        #expect(next(post(readAt: 1_800)) == (14_400, nil))
        // A sighting tells the counts of then, but nothing was read for the step.
        #expect(next(post(readAt: 2_900, sightedAt: 2_900)) == (3_600, 1_800))
        // A read after midnight stands for no step that is still to come.
        #expect(next(post(readAt: 3_100)).age == 3_600)
    }

    @Test func onlyReadsOfTheHourAfterMidnightCanMove() {
        let midnight = start.startOfDay + .seconds(86_400)
        func free(_ age: Int, dueAt offset: Int) -> Timestamp? {
            var post = PostState(id: 1)
            post.sight(at: midnight + .seconds(offset - age), rules: [], isRepost: false)
            let schedule = RefreshSchedule(steps: [.seconds(age)])
            return schedule.freeFrom(post, schedule.due(post))
        }
        #expect(free(14_400, dueAt: 0) == midnight - .seconds(3_600))
        #expect(free(14_400, dueAt: 3_599) == midnight - .seconds(3_600))
        #expect(free(14_400, dueAt: 3_600) == nil && free(14_400, dueAt: -1) == nil)
        #expect(free(900, dueAt: 100) == midnight - .seconds(350) && free(900, dueAt: 450) == nil)
    }

    @Test func whatIsGoneIsAskedForOnceMoreAfterAnHour() {
        var gone = post((0, 0))
        gone.miss(at: start + .seconds(900))
        expect(gone, 4_500, .onceMore)
        gone.miss(at: start + .seconds(4_500))
        expect(gone, nil, .gone)
        gone.observe(.init(time: start + .seconds(5_000), likes: 2))
        expect(gone, 14_400, .step(.seconds(14_400)))
        gone.miss(at: start + .seconds(14_400))
        expect(gone, 18_000, .onceMore)
    }

    @Test func theRestIsNeverDue() {
        var edited = post((0, 0))
        // As of the moment at which it was seen too, for one delivery may bring both versions.
        edited.supersede(at: start)
        expect(edited, nil, .superseded)
        edited.miss(at: start + .seconds(900))
        expect(edited, nil, .superseded)
        var repost = PostState(id: 1)
        repost.sight(at: start, rules: [], isRepost: true)
        expect(repost, nil, .repost)
        var all = RefreshSchedule()
        all.includesReposts = true
        expect(repost, 900, .step(.seconds(900)), all)
        expect(PostState(id: 1), nil, .unseen)
        expect(post((0, 0)), 60, .step(.seconds(60)), RefreshSchedule(steps: [.seconds(120), .seconds(60)]))
    }

    @Test func likesExpectedInAnHourDecideWhatComesFirst() {
        #expect(schedule.value(post()) == 1)
        #expect(schedule.value(post((0, 4))) == 5)
        #expect(schedule.value(post((0, 10), (1_800, 20))) == 20)
        #expect(schedule.value(post((0, 20), (1_800, 10))) == 0)
    }
}
