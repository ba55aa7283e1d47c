internal import HTTPClient

/// Why X, or a setting of ours for it, did not do what was asked.
///
/// No text in here ever holds a token or the text of a post.
public struct XAPIError: Error, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case refused, unreachable, cancelled, unexpectedAnswer, foreignAnswer, invalidRules, invalidBudget,
                invalidToken,
                invalidAddress
        }

        private let kind: Kind

        /// The name of the kind, as logs show it.
        public var description: String { kind.rawValue }

        /// X answered with a status other than 2xx; `status` and `problem` say which.
        public static let refused = Code(kind: .refused)
        /// No whole answer came; `cause` is the client's error.
        public static let unreachable = Code(kind: .unreachable)
        /// The caller asked for an end first.
        public static let cancelled = Code(kind: .cancelled)
        /// A 2xx answer that cannot be read.
        public static let unexpectedAnswer = Code(kind: .unexpectedAnswer)
        /// A 2xx answer that is not JSON: somebody else than X sent it, a portal or a proxy.
        public static let foreignAnswer = Code(kind: .foreignAnswer)
        /// A rules file, or a rule in it, is wrong.
        public static let invalidRules = Code(kind: .invalidRules)
        /// A budget's text is wrong, or one is missing.
        public static let invalidBudget = Code(kind: .invalidBudget)
        /// A bearer token is missing or cannot be one.
        public static let invalidToken = Code(kind: .invalidToken)
        /// The address of the API is wrong.
        public static let invalidAddress = Code(kind: .invalidAddress)
    }

    /// The kind of failure.
    public var code: Code
    /// What failed, where, and what to do next.
    public var message: String
    /// The status of the answer, 0 where there was none.
    public var status: Int
    /// What X said was wrong, where it said so.
    public var problem: Problem?
    /// The rate limit that came with the answer.
    public var rateLimit: RateLimit?
    /// X's own time, from the answer's `Date` field.
    public var date: String?
    /// What led to this.
    public var cause: (any Error)?

    /// Makes an error from its parts.
    public init(
        code: Code,
        message: String,
        status: Int = 0,
        problem: Problem? = nil,
        rateLimit: RateLimit? = nil,
        date: String? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.problem = problem
        self.rateLimit = rateLimit
        self.date = date
        self.cause = cause
    }

    /// The message.
    public var description: String { message }

    /// Whether X cannot have billed anything: it refused, or the request never left this machine.
    ///
    /// A gateway that gave up (408, 499, 502, 504, 520 and what follows it) says nothing of what happened behind it, and neither does a
    /// success of another kind than was expected.
    public var isUnbilled: Bool {
        if code == .refused {
            return [500, 503].contains(status) || 400...499 ~= status && ![408, 499].contains(status)
        }
        guard let cause = cause as? HTTPClientError else { return false }
        return [.invalidRequest, .notResolved, .notConnected, .untrusted].contains(cause.code)
    }

    static func unreachable(_ error: HTTPClientError) -> XAPIError {
        XAPIError(code: error.code == .cancelled ? .cancelled : .unreachable, message: "\(error)", cause: error)
    }
}
