public import Failures
public import HTTPClient

/// What could not be done at AWS, or on the way there; no text in here ever holds a secret.
public struct AWSError: FailureCauseProviding, CustomStringConvertible, Sendable {
    /// What failed, where, and what to do next.
    public let message: String
    /// Why, as far as the next step depends on it.
    public let failureCause: FailureCause
    /// Whether the service may have done what was asked: the request left, and no answer came.
    public let mayHaveArrived: Bool
    /// Where the way to a service failed: how.
    public let code: HTTPClientError.Code?

    /// Makes an error from its parts.
    public init(
        _ message: String,
        cause: FailureCause,
        mayHaveArrived: Bool = false,
        code: HTTPClientError.Code? = nil
    ) {
        self.message = message
        failureCause = cause
        self.mayHaveArrived = mayHaveArrived
        self.code = code
    }

    /// The message.
    public var description: String { message }
}
