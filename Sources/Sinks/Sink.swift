public import AWS
public import Failures
public import Lifecycle
public import Transform

/// What a sink keeps of the documents it is given.
public enum SinkKind: Sendable {
    /// Every sighting, in order.
    case append
    /// The newest version of each post.
    case upsert
}

/// What became of the documents of a batch; together they are all of it.
public struct DeliveryCounts: Sendable, Equatable {
    /// Taken.
    public var accepted = 0
    /// Not needed: the sink has this version or a newer one.
    public var stale = 0
    /// Refused for their own fault.
    public var rejected = 0
    /// Left out because that was asked for.
    public var skipped = 0

    /// Makes counts.
    public init(accepted: Int = 0, stale: Int = 0, rejected: Int = 0, skipped: Int = 0) {
        self.accepted = accepted
        self.stale = stale
        self.rejected = rejected
        self.skipped = skipped
    }
}

/// A place that documents go to; one thread at a time.
///
/// Delivering a document again leaves an upsert sink as it is; an append sink gets it twice.
public protocol Sink: AnyObject {
    /// What it keeps.
    var kind: SinkKind { get }
    /// What a checkpoint is bound to: another file or index has another identity.
    var identity: String { get }

    /// Lets a shutdown end waits for whoever takes the documents.
    func endWaits(on shutdown: ShutdownSignal)

    /// Takes a batch; durable only after `flush`.
    ///
    /// - Throws: `SinkError`, or the sink's own error; how much of the batch was taken is unknown then, so it is to be delivered again.
    func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts

    /// Makes everything delivered durable: only then may a checkpoint pass it.
    func flush() throws

    /// Flushes and closes; nothing is delivered afterwards.
    func close() throws
}

extension Sink {
    /// Most sinks wait for nobody.
    public func endWaits(on shutdown: ShutdownSignal) {}
}

/// What a sink could not do.
public struct SinkError: FailureCauseProviding, CustomStringConvertible, Sendable {
    /// The kind of failure.
    public struct Code: Hashable, Sendable {
        private enum Value { case address, io, closedPipe, unavailable, refused, stopped }
        private let value: Value
        /// A sink's address cannot be read.
        public static let address = Code(value: .address)
        /// Writing failed.
        public static let io = Code(value: .io)
        /// The reader of a pipe has gone.
        public static let closedPipe = Code(value: .closedPipe)
        /// A remote sink takes nothing for now; what to do is in the message, and trying again later is right.
        public static let unavailable = Code(value: .unavailable)
        /// A remote sink is not what was asked for: another mapping, another engine.
        public static let refused = Code(value: .refused)
        /// A shutdown ended the delivery before everything was settled; the sink itself took documents.
        public static let stopped = Code(value: .stopped)

        fileprivate var usualCause: FailureCause {
            switch value {
            case .address: .badRequest
            case .io: .storage
            case .closedPipe: .network
            case .unavailable: .serverFault
            case .refused: .foreignTarget
            case .stopped: .unknown
            }
        }
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do next.
    public let message: String
    /// Why, as far as the next step depends on it.
    public let cause: FailureCause
    /// The cause.
    public var failureCause: FailureCause { cause }

    /// Makes an error; its code implies a cause unless one is given.
    public init(_ code: Code, _ message: String, cause: FailureCause? = nil) {
        self.code = code
        self.message = message
        self.cause = cause ?? code.usualCause
    }

    /// An error of AWS's as one of a sink's.
    public init(_ sink: String, _ error: AWSError) {
        self.init(
            error.failureCause.kind == .retry ? .unavailable : .refused,
            "\(sink): \(error.message)",
            cause: error.failureCause
        )
    }

    /// The message.
    public var description: String { message }
}
