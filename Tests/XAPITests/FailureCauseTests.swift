import Failures
import HTTPClient
import Testing
import Time
import XAPI

/// What X and the way to it say, in the one table of failures.
struct FailureCauseTests {
    @Test(arguments: [
        (200, FailureCause.missingTarget), (202, .missingTarget), (302, .missingTarget), (400, .badRequest),
        (401, .credentials), (402, .permission), (403, .permission), (404, .missingTarget), (408, .serverFault),
        (409, .badRequest), (429, .rateLimited), (500, .serverFault), (503, .serverFault), (520, .serverFault),
    ])
    func aRefusalIsWhatItsStatusSays(status: Int, cause: FailureCause) {
        #expect(XAPIError(code: .refused, message: "", status: status).failureCause == cause)
    }

    @Test func aCapOnPostsPassesWithTime() {
        var problem = Problem()
        problem.type = "usage-capped"
        let error = XAPIError(code: .refused, message: "", status: 429, problem: problem)
        #expect(error.failureCause == .rateLimited && error.failureCause.kind == .retry)
        #expect(StopReason(kind: .usageCap, message: "").failureCause.kind == .retry)
        #expect(StopReason(kind: .creditsDepleted, message: "").failureCause.kind == .operatorNeeded)
    }

    @Test(arguments: [
        (HTTPClientError.Code.notResolved, FailureCause.nameResolution), (.notConnected, .network),
        (.timedOut, .network), (.cut, .network), (.reset, .network), (.untrusted, .certificate),
        (.invalidRequest, .badRequest), (.tooLarge, .serverFault),
    ])
    func whatNeverAnsweredIsWhatTheCallSays(code: HTTPClientError.Code, cause: FailureCause) {
        let error = XAPIError(code: .unreachable, message: "", cause: HTTPClientError(code: code, message: ""))
        #expect(error.failureCause == cause)
    }
}

struct BudgetRenewalTests {
    private func renewal(_ period: Budget.Period, _ now: String) throws -> String? {
        let now = try #require(Timestamp(rfc3339: now))
        let budget = BudgetGuard(Budget(amount: .posts(1), period: period), price: .published, now: now)
        return budget.renewal.map { String($0.rfc3339.prefix(19)) }
    }

    @Test func aBudgetRenewsWhenItsNextPeriodBegins() throws {
        #expect(try renewal(.day, "2026-02-28T23:59:59.999999Z") == "2026-03-01T00:00:00")
        #expect(try renewal(.day, "2026-03-01T00:00:00Z") == "2026-03-02T00:00:00")
        #expect(try renewal(.month, "2026-01-31T12:00:00Z") == "2026-02-01T00:00:00")
        #expect(try renewal(.month, "2026-02-01T00:00:00Z") == "2026-03-01T00:00:00")
        #expect(try renewal(.month, "2026-12-31T23:00:00Z") == "2027-01-01T00:00:00")
        #expect(try renewal(.run, "2026-12-31T23:00:00Z") == nil)
    }

    @Test func aPeriodThatAClockAheadBeganIsTheOneThatIsWaitedFor() throws {
        let now = try #require(Timestamp(rfc3339: "2026-05-29T12:00:00Z"))
        var budget = BudgetGuard(Budget(amount: .posts(1), period: .day), price: .published, now: now)
        budget.count(1, at: now + .seconds(2 * 86_400))
        budget.count(0, at: now)
        #expect(budget.isExhausted && budget.renewal == Timestamp(rfc3339: "2026-06-01T00:00:00Z"))
    }
}
