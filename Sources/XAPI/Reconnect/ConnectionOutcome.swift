public import Failures

/// How an attempt at the stream ended, as far as waiting is concerned.
public enum ConnectionOutcome: Sendable {
    /// X answered 200, and the stream ended later, for whatever reason but our own wish.
    ///
    /// - Parameters:
    ///   - after: how long it was open.
    ///   - rateLimit: what the answer said of further connections.
    case dropped(after: Duration, rateLimit: RateLimit?)
    /// No usable answer came: name, TCP, TLS, a connection that broke before its head.
    case unreachable(FailureCause = .network)
    /// X answered with another status.
    case refused(status: Int, problem: Problem?, rateLimit: RateLimit?)
    /// Somebody else than X answered with status 200: a portal or a proxy.
    case foreign
}

/// What to do after an attempt.
public enum ReconnectDecision: Sendable, Hashable {
    /// Try again after a time; the reason is for the log.
    case wait(Duration, reason: String)
    /// Waiting does not help: an operator must act.
    case stop(StopReason)
}

/// Why reconnecting is of no use.
public struct StopReason: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of reason.
    public enum Kind: String, Sendable {
        /// 400, or another status that says the request itself is wrong.
        case badRequest
        /// 401: the token.
        case unauthorized
        /// 402: the credits.
        case creditsDepleted
        /// 403: the app may not do this.
        case forbidden
        /// 409: no rules, or a conflict.
        case noRules
        /// 429 with a cap on posts.
        case usageCap
        /// 404, a redirect or another status that X does not use: the address.
        case wrongAddress
    }

    /// The kind of reason.
    public let kind: Kind
    /// What X said and what the operator can do.
    public let message: String

    /// Makes a reason from its parts.
    public init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// Whether time alone can cure it: a cap ends with its period.
    public var isCuredByTime: Bool { kind == .usageCap }
}
