public import Failures
internal import Glibc
internal import Journal
internal import XAPI

extension RecorderError: FailureCauseProviding {
    /// Why the recorder ended, as far as the next start depends on it.
    public var failureCause: FailureCause {
        if let reason { return reason.failureCause }
        if code == .diskFloor { return .diskFull }
        if code == .journal {
            switch (cause as? JournalError)?.errorNumber {
            case ENOSPC, EDQUOT: return .diskFull
            case EROFS: return .blocked
            default: return .storage
            }
        }
        // Rules that X refuses, and requests that can never be sent.
        if code == .rules || code == .refused { return .badRequest }
        let known = cause.map { FailureCause(of: $0) } ?? .unknown
        return known == .unknown ? .network : known
    }
}
