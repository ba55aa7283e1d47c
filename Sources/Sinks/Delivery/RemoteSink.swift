public import Transform

/// Makes the calls of one connection to a sink; one thread's.
public protocol DocumentCaller: AnyObject {
    /// Sends documents of a batch, by number, and waits for their outcomes; every failure is a result.
    ///
    /// - Parameter control: ends the wait within 100 ms of `cancel`; the result of a cancelled call is not used.
    func call(_ batch: DocumentBatch, _ documents: [Int32], _ control: CallControl) -> CallResult
}

/// A sink behind a network: several calls at a time, outcomes for each document.
public protocol RemoteSink: AnyObject, Sendable {
    /// What it keeps.
    var kind: SinkKind { get }
    /// What a checkpoint is bound to.
    var identity: String { get }
    /// Its address as its user wrote it, for messages.
    var name: String { get }
    /// A call holds no more documents.
    var batchDocumentLimit: Int { get }
    /// A call holds no more bytes of documents.
    var batchByteLimit: Int { get }

    /// Whether it gets a document; others are counted as skipped.
    func takes(_ document: Document) -> Bool

    /// Makes a connection of its own.
    func makeCaller() throws -> any DocumentCaller
}

extension RemoteSink {
    /// Most sinks get every document.
    public func takes(_ document: Document) -> Bool { true }
}

/// How long a delivery retries while a sink takes nothing.
public enum DeliveryPatience: Sendable, Equatable {
    /// Until it is stopped: for what runs for months.
    case endless
    /// A failure that needs an operator ends the delivery at once; any other one, after this time without an answer.
    case givingUp(after: Duration)

    /// The time without an answer after which it gives up; nil for never.
    public var limit: Duration? {
        if case .givingUp(let limit) = self { limit } else { nil }
    }
}
