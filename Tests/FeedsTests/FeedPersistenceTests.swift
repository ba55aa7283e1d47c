import Failures
import Feeds
import Testing

/// The retry policy of feeds, without I/O.
@Suite struct FeedPersistenceTests {
    private static let passing: [FailureCause] = [.network, .nameResolution, .rateLimited, .serverFault]
    private static let others = FailureCause.allCases.filter { !passing.contains($0) }

    private func wait(
        _ persistence: FeedPersistence,
        _ cause: FailureCause,
        failures: Int = 0,
        troubled: Duration = .zero,
        chance: Double = 1
    ) -> Duration? {
        persistence.wait(after: cause, failures: failures, troubled: troubled, chance: chance)
    }

    @Test(arguments: passing) func whatMayPassIsWaitedOut(cause: FailureCause) {
        #expect(wait(.following, cause) == .milliseconds(100))
        #expect(wait(.following, cause, failures: 100) == .seconds(10))
        #expect(wait(.bounded(giveUpAfter: .seconds(3)), cause) == .milliseconds(100))
        #expect(wait(.permanent, cause) == .seconds(1))
    }

    @Test(arguments: others) func anythingElseEndsAllButAPermanentFeed(cause: FailureCause) {
        #expect(wait(.following, cause) == nil)
        #expect(wait(.bounded(giveUpAfter: .seconds(3)), cause) == nil)
        #expect(wait(.permanent, cause) == (cause.kind == .operatorNeeded ? .seconds(5) : .seconds(1)))
    }

    @Test func aBoundedFeedGivesUpExactlyWhenItsTimeIsOver() {
        let bounded = FeedPersistence.bounded(giveUpAfter: .seconds(3))
        #expect(wait(bounded, .network, failures: 9, troubled: .milliseconds(2_900)) == .milliseconds(100))
        #expect(wait(bounded, .network, failures: 9, troubled: .seconds(3)) == nil)
    }

    @Test func backOffDoublesIsCappedAndJittered() {
        let backoff = Backoff(first: .seconds(1), longest: .seconds(60))
        #expect(
            (0..<8).map { backoff.wait(after: $0, chance: 1) } == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) }
        )
        #expect(backoff.wait(after: 2, chance: 0) == .seconds(2))
        #expect(backoff.wait(after: Int.max, chance: 1) == .seconds(60))
        #expect(backoff.wait(after: -1, chance: 7) == .seconds(1))
    }
}
