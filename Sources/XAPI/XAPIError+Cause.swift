public import Failures
internal import HTTPClient

extension XAPIError: FailureCauseProviding {
    /// Why X, or the way to it, failed; a cap on posts ends with its period, so it is `rateLimited`.
    public var failureCause: FailureCause {
        switch code {
        case .refused:
            if problem?.isUsageCap == true { return .rateLimited }
            // A redirect, or another kind of success, comes from the wrong address.
            return FailureCause(httpStatus: status) ?? .missingTarget
        case .unexpectedAnswer, .foreignAnswer: return .serverFault
        case .invalidToken: return .credentials
        case .invalidRules, .invalidBudget, .invalidAddress: return .badRequest
        default: return (cause as? HTTPClientError)?.failureCause ?? .unknown
        }
    }
}
