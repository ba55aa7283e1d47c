import Failures
import TestSupport
import Testing
import Time
import XAPI

private let start = MonotonicTime(sinceStart: .seconds(5_000))

struct ReconnectPolicyTests {
    /// Feeds the same outcome again and again, without jitter, and returns the waits in milliseconds.
    private func waits(_ outcome: ConnectionOutcome, _ count: Int) -> [Int64] {
        var policy = ReconnectPolicy()
        var now = start
        var waits: [Int64] = []
        for _ in 0..<count {
            policy.attempt(at: now)
            guard case .wait(let delay, _) = policy.decide(outcome, at: now, random: 0) else { return waits }
            waits.append(delay.microseconds / 1_000)
            now = now + delay
        }
        return waits
    }

    @Test func noAnswerIsLinear() {
        #expect(waits(.unreachable(), 5) == [250, 500, 750, 1_000, 1_250])
    }

    @Test func noAnswerStopsAtSixteenSeconds() {
        var policy = ReconnectPolicy()
        for index in 1...200 {
            let now = start + .seconds(16 * index)
            policy.attempt(at: now)
            let decision = policy.decide(.unreachable(), at: now, random: 0.99)
            guard case .wait(let delay, _) = decision else { continue }
            #expect(delay <= .seconds(16))
            if index > 64 { #expect(delay == .seconds(16)) }
        }
    }

    @Test func serverErrorsDouble() {
        let outcome = ConnectionOutcome.refused(status: 503, problem: nil, rateLimit: nil)
        #expect(waits(outcome, 9) == [5, 10, 20, 40, 80, 160, 320, 320, 320].map { $0 * 1_000 })
    }

    @Test func aPortalHasABackOffOfItsOwn() {
        #expect(waits(.foreign, 8) == [5, 10, 20, 40, 80, 160, 320, 320].map { $0 * 1_000 })
        // X never saw those attempts, and failures of X count anew.
        var policy = ReconnectPolicy()
        for _ in 0..<60 {
            policy.attempt(at: start)
            _ = policy.decide(.foreign, at: start, random: 0)
        }
        policy.attempt(at: start)
        let decision = policy.decide(.refused(status: 503, problem: nil, rateLimit: nil), at: start, random: 0)
        #expect(decision == .wait(.seconds(5), reason: "status 503"))
    }

    @Test func rateLimitsDoubleFromAMinute() {
        let outcome = ConnectionOutcome.refused(status: 429, problem: nil, rateLimit: nil)
        #expect(waits(outcome, 6) == [60, 120, 240, 480, 960, 960].map { $0 * 1_000 })
    }

    @Test func aLongStreamIsReconnectedAtOnceEveryTime() {
        #expect(waits(.dropped(after: .seconds(600), rateLimit: nil), 4) == [0, 0, 0, 0])
    }

    @Test func shortStreamsAreNotReconnectedInAHotLoop() {
        #expect(waits(.dropped(after: .milliseconds(3), rateLimit: nil), 5) == [0, 250, 500, 750, 1_000])
    }

    @Test func aResetIsHonouredWhereNothingRemains() {
        var policy = ReconnectPolicy()
        policy.attempt(at: start)
        let limit = RateLimit(limit: 50, remaining: 0, reset: start + .seconds(200))
        let decision = policy.decide(.refused(status: 429, problem: nil, rateLimit: limit), at: start, random: 0)
        #expect(decision == .wait(.seconds(201), reason: "the rate limit is used up"))
    }

    @Test func aResetInThePastOrWithRequestsLeftIsNot() {
        for limit in [
            RateLimit(limit: 50, remaining: 0, reset: start + .seconds(-5)),
            RateLimit(limit: 50, remaining: 3, reset: start + .seconds(5)),
        ] {
            var policy = ReconnectPolicy()
            policy.attempt(at: start)
            let decision = policy.decide(.refused(status: 429, problem: nil, rateLimit: limit), at: start, random: 0)
            #expect(decision == .wait(.seconds(60), reason: "the rate limit is used up"))
        }
    }

    @Test func aResetYearsAwayCostsAnHour() {
        var policy = ReconnectPolicy()
        let limit = RateLimit(limit: 50, remaining: 0, reset: start + .seconds(1 << 30))
        guard
            case .wait(let delay, _) = policy.decide(
                .refused(status: 429, problem: nil, rateLimit: limit),
                at: start,
                random: 0
            )
        else {
            Issue.record("stopped")
            return
        }
        #expect(delay == .seconds(3_601))
    }

    @Test func tooManyConnectionsIgnoresTheReset() {
        var problem = Problem()
        problem.connectionIssue = "TooManyConnections"
        var policy = ReconnectPolicy()
        let limit = RateLimit(limit: 50, remaining: 0, reset: start + .seconds(700))
        let decision = policy.decide(.refused(status: 429, problem: problem, rateLimit: limit), at: start, random: 0)
        guard case .wait(let delay, let reason) = decision else {
            Issue.record("stopped")
            return
        }
        #expect(delay == .seconds(60))
        #expect(reason.contains("another connection"))
    }

    @Test(arguments: [
        (400, StopReason.Kind.badRequest), (401, .unauthorized), (402, .creditsDepleted), (403, .forbidden),
        (404, .wrongAddress), (409, .noRules), (301, .wrongAddress), (422, .badRequest),
    ])
    func whatWaitingDoesNotCureStops(_ status: Int, _ kind: StopReason.Kind) {
        var policy = ReconnectPolicy()
        let decision = policy.decide(.refused(status: status, problem: nil, rateLimit: nil), at: start, random: 0.5)
        guard case .stop(let reason) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(reason.kind == kind)
        #expect(reason.message.contains("\(status)"))
    }

    @Test func aUsageCapStops() {
        var problem = Problem()
        problem.type = "usage-capped"
        problem.period = "Monthly"
        var policy = ReconnectPolicy()
        let decision = policy.decide(.refused(status: 429, problem: problem, rateLimit: nil), at: start, random: 0)
        guard case .stop(let reason) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(reason.kind == .usageCap)
        #expect(reason.isCuredByTime)
        #expect(reason.message.contains("monthly cap"))
    }

    @Test func aSubscriptionBeingProvisionedWaitsAMinuteWhateverTheStatus() {
        var problem = Problem()
        problem.connectionIssue = "ProvisioningSubscription"
        for status in [403, 409, 429, 503] {
            var policy = ReconnectPolicy()
            let decision = policy.decide(
                .refused(status: status, problem: problem, rateLimit: nil),
                at: start,
                random: 0
            )
            #expect(decision == .wait(.seconds(60), reason: "the subscription is being provisioned"))
        }
    }

    @Test func anotherClassBeginsAnew() {
        var policy = ReconnectPolicy()
        let refusal = ConnectionOutcome.refused(status: 500, problem: nil, rateLimit: nil)
        _ = policy.decide(refusal, at: start, random: 0)
        _ = policy.decide(refusal, at: start, random: 0)
        _ = policy.decide(.unreachable(), at: start, random: 0)
        #expect(policy.decide(refusal, at: start, random: 0) == .wait(.seconds(5), reason: "status 500"))
    }

    @Test func jitterAddsAtMostAFifth() {
        let outcome = ConnectionOutcome.refused(status: 500, problem: nil, rateLimit: nil)
        for step in 0..<10 {
            var policy = ReconnectPolicy()
            guard case .wait(let delay, _) = policy.decide(outcome, at: start, random: Double(step) / 10) else {
                continue
            }
            #expect(delay >= .seconds(5) && delay < .seconds(6))
        }
    }

    @Test func theScaleShortensEveryWait() {
        var policy = ReconnectPolicy(.init(timeScale: 0.01))
        let outcome = ConnectionOutcome.refused(status: 500, problem: nil, rateLimit: nil)
        #expect(policy.decide(outcome, at: start, random: 0) == .wait(.milliseconds(50), reason: "status 500"))
    }

    @Test(arguments: [FailureCause.certificate, .serverFault, .badRequest])
    func whatASecondDoesNotCureIsTriedAgainLater(cause: FailureCause) {
        #expect(waits(.unreachable(cause), 8) == [5, 10, 20, 40, 80, 160, 320, 320].map { $0 * 1_000 })
        // A resolver that is down looks like a name that does not exist.
        #expect(waits(.unreachable(.nameResolution), 3) == [250, 500, 750])
    }
}
