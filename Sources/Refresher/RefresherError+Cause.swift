public import Failures

extension RefresherError: FailureCauseProviding {
    /// Why posts cannot be refreshed; a clock may be set right by itself, so it is tried again.
    public var failureCause: FailureCause {
        switch code {
        case .unusable: .damaged
        case .otherServer: .foreignTarget
        default: .unknown
        }
    }
}
