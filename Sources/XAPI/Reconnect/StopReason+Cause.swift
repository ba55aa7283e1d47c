public import Failures

extension StopReason {
    /// The cause that the reason stands for in the one table of failures.
    public var failureCause: FailureCause {
        switch kind {
        case .usageCap: .rateLimited
        case .unauthorized: .credentials
        case .creditsDepleted, .forbidden: .permission
        case .wrongAddress: .missingTarget
        case .noRules, .badRequest: .badRequest
        }
    }
}
