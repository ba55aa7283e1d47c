public import Failures
public import HTTPClient

extension XAPIError: FailureCauseProviding {
    /// Why X, or the way to it, failed; a cap on posts ends with its period, so it is `rateLimited`.
    public var failureCause: FailureCause {
        switch code {
        case .refused:
            if problem?.isUsageCap == true { return .rateLimited }
            // A redirect, or another kind of success, comes from the wrong address.
            return FailureCause(httpStatus: status) ?? .missingTarget
        case .unexpectedAnswer: return .serverFault
        case .invalidToken: return .credentials
        case .invalidRules, .invalidBudget, .invalidAddress: return .badRequest
        default: return (cause as? HTTPClientError).map { FailureCause(ofCall: $0) } ?? .unknown
        }
    }
}

extension FailureCause {
    /// The cause of a call that brought no whole answer.
    public init(ofCall error: HTTPClientError) {
        self =
            switch error.code {
            case .invalidRequest: .badRequest
            case .notResolved: .nameResolution
            case .notConnected, .timedOut, .cut, .reset: .network
            case .untrusted: .certificate
            case .tooLarge: .serverFault
            default: .unknown
            }
    }
}
