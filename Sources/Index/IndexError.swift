public import Failures

/// Why the embedded index cannot be written or read.
public struct IndexError: Error, CustomStringConvertible, Sendable, FailureCauseProviding {
    /// The kind of failure, for callers that act on it.
    public struct Code: Hashable, Sendable {
        private enum Value { case notFound, otherTransform, unusable, database, notSynced, closed }
        private let value: Value

        /// There is no index at that path.
        public static let notFound = Code(value: .notFound)
        /// The index was filled by another transform.
        public static let otherTransform = Code(value: .otherTransform)
        /// The file is something else, damaged, or of a newer version.
        public static let unusable = Code(value: .unusable)
        /// SQLite failed; `cause` says how.
        public static let database = Code(value: .database)
        /// The newest documents may not be on disk, and the index takes no more.
        public static let notSynced = Code(value: .notSynced)
        /// The index was closed.
        public static let closed = Code(value: .closed)
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String
    /// The error underneath, if any.
    public let cause: (any Error)?

    /// Makes an error.
    public init(code: Code, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The cause's own, or what the code stands for.
    public var failureCause: FailureCause {
        switch code {
        case .notFound: .missingTarget
        case .otherTransform: .foreignTarget
        case .unusable: .damaged
        case .notSynced: .storage
        default: cause.map { FailureCause(of: $0) } ?? .unknown
        }
    }

    /// The message, and the cause where there is one.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
