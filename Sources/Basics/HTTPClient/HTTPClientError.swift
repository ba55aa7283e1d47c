public import Failures

/// Why a request failed before, or instead of, a whole answer.
///
/// A status of 400 or more is an answer, not an error. No text in here ever holds a secret.
public struct HTTPClientError: FailureCauseProviding, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidRequest, notResolved, notConnected, untrusted, timedOut, cut, reset, tooLarge, cancelled,
                refusedByCaller
            case other
        }

        private let kind: Kind

        /// The name of the kind, as logs show it.
        public var description: String { kind.rawValue }

        /// The request itself is wrong: a bad URL, another scheme, a line break in a header.
        public static let invalidRequest = Code(kind: .invalidRequest)
        /// The host's name, or the proxy's, has no address.
        public static let notResolved = Code(kind: .notResolved)
        /// No connection came about.
        public static let notConnected = Code(kind: .notConnected)
        /// The server's certificate cannot be trusted, or TLS failed.
        public static let untrusted = Code(kind: .untrusted)
        /// The time given was over.
        public static let timedOut = Code(kind: .timedOut)
        /// The connection was closed before the answer was whole.
        public static let cut = Code(kind: .cut)
        /// The connection was reset or broke while bytes were on their way.
        public static let reset = Code(kind: .reset)
        /// The answer's head or body exceeds its limit.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The caller asked for an end before the answer was whole.
        public static let cancelled = Code(kind: .cancelled)
        /// A closure of the caller threw; `cause` is what it threw.
        public static let refusedByCaller = Code(kind: .refusedByCaller)
        /// Anything else; the curl code says what.
        public static let other = Code(kind: .other)
    }

    /// The kind of failure.
    public var code: Code
    /// The code of libcurl, libcurl-errors(3); 0 where libcurl did not fail.
    public var curlCode: Int
    /// What failed, where, and what to do next.
    public var message: String
    /// What the caller's closure threw.
    public var cause: (any Error)?

    /// Makes an error from its parts.
    public init(code: Code, curlCode: Int = 0, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.curlCode = curlCode
        self.message = message
        self.cause = cause
    }

    /// The message, with the curl code where there is one.
    public var description: String {
        curlCode == 0 ? message : "\(message) (curl \(curlCode))"
    }

    /// What to decide the next step by; what a closure threw decides for itself.
    public var failureCause: FailureCause {
        switch code {
        case .invalidRequest: .badRequest
        case .notResolved: .nameResolution
        case .notConnected, .timedOut, .cut, .reset: .network
        case .untrusted: .certificate
        case .tooLarge: .serverFault
        case .refusedByCaller: cause.map { FailureCause(of: $0) } ?? .unknown
        default: .unknown
        }
    }
}
