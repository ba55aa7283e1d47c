public import Failures
internal import Files

/// What the journal could not do, with where, why and what to do next.
///
/// It never carries bytes of a record.
public struct JournalError: Error, CustomStringConvertible, Sendable, FailureCauseProviding {
    /// The kind of failure; new kinds may come, so compare, never switch over all of them.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case io, locked, corrupt, unsupported, clockBehind, notFound, invalid, mismatch, failed
        }
        private let value: Value

        /// A system call failed; the error number is in the message.
        public static let io = Code(value: .io)
        /// Another process holds the source or the checkpoint; try again when it has ended.
        public static let locked = Code(value: .locked)
        /// Stored bytes contradict their checksum or each other.
        public static let corrupt = Code(value: .corrupt)
        /// The journal was written by a newer Reprise.
        public static let unsupported = Code(value: .unsupported)
        /// The machine's clock is further behind the last arrival than can be a correction.
        public static let clockBehind = Code(value: .clockBehind)
        /// No such journal, source, position or checkpoint.
        public static let notFound = Code(value: .notFound)
        /// An argument that can mean nothing here.
        public static let invalid = Code(value: .invalid)
        /// A checkpoint belongs to another sink or transform.
        public static let mismatch = Code(value: .mismatch)
        /// The writer has failed before and takes nothing more.
        public static let failed = Code(value: .failed)

        /// The kind as one word.
        public var description: String { value.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String
    /// The error number of the system call (errno(3)), 0 where none failed.
    public let errorNumber: Int32
    /// What led to it.
    public let cause: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, errorNumber: Int32 = 0, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.errorNumber = errorNumber
        self.cause = cause
    }

    /// The error for whatever ended a piece of work: its own, a file's in its words, else `failed` with the cause.
    init(_ error: any Error, ending what: String) {
        switch error {
        case let error as JournalError: self = error
        case let error as FileError: self.init(.io, error.message, errorNumber: error.errorNumber, cause: nil)
        default: self.init(.failed, what, cause: error)
        }
    }

    /// What the code, or the system call that failed, stands for.
    public var failureCause: FailureCause {
        if errorNumber != 0 { return FileError(.io, message, errorNumber: errorNumber).failureCause }
        return switch code {
        case .locked: .locked
        case .corrupt: .damaged
        case .mismatch: .foreignTarget
        case .notFound: .missingTarget
        case .invalid, .unsupported: .badRequest
        default: cause.map { FailureCause(of: $0) } ?? .storage
        }
    }

    /// The message, and what led to it.
    public var description: String {
        guard let cause else { return message }
        return "\(message) (\(cause))"
    }
}
