public import Failures

/// What became of one document of a call.
public enum DocumentOutcome: Sendable, Equatable {
    /// The sink has it.
    case accepted
    /// The sink has this version or a newer one.
    case stale
    /// Not now; the same document may be taken later.
    case retry
    /// Never: the document's own fault, in the sink's words, without any of its text.
    case rejected(reason: String)
}

/// What became of a call with several documents.
public enum CallResult: Sendable, Equatable {
    /// The sink looked at each; one outcome a document, in order.
    case outcomes([DocumentOutcome])
    /// None was taken: for now, or until an operator acts, by the kind of its cause.
    ///
    /// `reason` says what happened, and what to do; `after` is how long the sink asked us to wait.
    case failed(FailureCause, reason: String, after: Duration? = nil)
    /// The call was too large as a whole.
    case tooLarge
}

/// A document that was refused for its own fault.
public struct Rejection: Sendable, Equatable {
    /// Its batch.
    public let batch: Int
    /// Its number in the batch.
    public let document: Int
    /// Why, in the sink's words.
    public let reason: String
}

/// The limits that a delivery keeps to.
public struct DeliveryLimits: Sendable, Equatable {
    /// Calls at the same time.
    public var calls = 4
    /// Bytes of memory of all batches that are not settled.
    public var poolBytes = 16 << 20
    /// The first wait after a push-back; it doubles with each further one.
    public var firstWait = Duration.milliseconds(200)
    /// No wait is longer, unless the sink names a longer one.
    public var longestWait = Duration.seconds(60)
    /// Push-backs in a row that open the circuit.
    public var pushBackLimit = 8
    /// How many of the documents looked at last are remembered.
    public var recentCount = 1_000
    /// More than this many of them refused open the circuit.
    public var recentRejectedLimit = 500

    /// Makes the default limits.
    public init() {}
}
