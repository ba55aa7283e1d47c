public import Failures
internal import Glibc
internal import Journal
internal import SQLite

extension RefresherError: FailureCauseProviding {
    /// Why posts cannot be refreshed; a clock may be set right by itself, so it is tried again.
    public var failureCause: FailureCause { code == .unusable ? .damaged : .unknown }
}

extension FailureCause {
    /// The cause of an error that ended a pass, those of the journal and of SQLite among them.
    init(ofPass error: any Error) {
        self.init(of: error)
        guard self == .unknown else { return }
        if let error = error as? JournalError {
            self =
                switch error.code {
                case .locked: .locked
                case .corrupt: .damaged
                case .unsupported, .mismatch: .foreignTarget
                case .notFound: .missingTarget
                case .invalid: .badRequest
                default: FailureCause(ofFile: error.errorNumber)
                }
        } else if let error = error as? SQLiteError {
            self = error.isBusy ? .locked : error.isCorrupt ? .damaged : error.isNewerSchema ? .foreignTarget : .storage
        }
    }

    private init(ofFile number: Int32) {
        self =
            switch number {
            case ENOSPC, EDQUOT: .diskFull
            case EACCES, EPERM: .permission
            case EROFS: .blocked
            case 0: .unknown
            default: .storage
            }
    }
}
