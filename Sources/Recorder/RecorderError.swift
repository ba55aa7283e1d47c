internal import Files
internal import Glibc
internal import Journal
public import XAPI

/// Why a recorder ended before it was asked to.
public struct RecorderError: Error, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case refused, tryLater, rules, journal, diskFloor }

        private let kind: Kind

        /// The name of the kind, as logs show it.
        public var description: String { kind.rawValue }

        /// X refuses for a reason that waiting does not cure; `reason` says which.
        public static let refused = Code(kind: .refused)
        /// Later it may work: a cap that ends with its period, or a single attempt that failed.
        public static let tryLater = Code(kind: .tryLater)
        /// X refuses rules of the file.
        public static let rules = Code(kind: .rules)
        /// The journal does not take any more; `cause` says why.
        public static let journal = Code(kind: .journal)
        /// The journal's disk is down to its floor.
        public static let diskFloor = Code(kind: .diskFloor)
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, where, and what to do next.
    public var message: String
    /// Why reconnecting is of no use, where that is the failure.
    public var reason: StopReason?
    /// What led to this.
    public var cause: (any Error)?

    /// Makes an error from its parts.
    public init(code: Code, message: String, reason: StopReason? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
        self.cause = cause
    }

    /// The message.
    public var description: String { message }
}

extension RecorderError {
    /// What stopped a journal, in the words of an operator where the disk is full or read-only; any other error stays as it is.
    public static func explaining(_ error: any Error) -> any Error {
        let (number, message): (Int32, String)
        switch error {
        case let error as JournalError: (number, message) = (error.errorNumber, error.message)
        case let error as FileError: (number, message) = (error.errorNumber, error.message)
        default: return error
        }
        switch number {
        case ENOSPC, EDQUOT:
            // The file's own words end with what to do.
            return RecorderError(code: .journal, message: "the disk is full: \(message)", cause: error)
        case EROFS:
            return RecorderError(
                code: .journal,
                message:
                    "the disk takes no writes: \(message); make it writable, then start again: nothing that was "
                    + "recorded is lost",
                cause: error
            )
        default: return error
        }
    }
}
