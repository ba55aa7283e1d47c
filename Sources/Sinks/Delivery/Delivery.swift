public import Lifecycle
public import Time
public import Transform

/// A document that a sink refused, with where it came from; it carries no text of it.
public struct RefusedDocument: Sendable, Equatable {
    /// The number of its source, as the batch had it.
    public let source: Int
    /// The offset of its record.
    public let offset: UInt64
    /// Its number among the record's documents.
    public let ordinal: Int
    /// Why, in the sink's words.
    public let reason: String
}

/// A source that documents come from.
public struct DeliverySource: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Until when the range holds everything that arrives in it; nil where the range has no end.
    public let end: Timestamp?

    /// Names a source.
    public init(name: String, end: Timestamp?) {
        self.name = name
        self.end = end
    }
}

/// What a sink has taken over of a source and cannot settle yet, because more belongs to it.
public struct HeldDocuments: Sendable, Equatable {
    /// The offset of the first record of it.
    public let offset: UInt64
    /// When that arrived.
    public let arrival: Timestamp
}

/// How far a delivery has come.
public struct DeliveryProgress: Sendable, Equatable {
    /// Batches whose documents are all settled, and all batches before them, but for what is held.
    public var settledBatches = 0
    /// What of those batches is not settled yet, by source.
    public var held: [String: HeldDocuments] = [:]
    /// Documents settled.
    public var counts = DeliveryCounts()
    /// Documents refused since this was asked last; the caller keeps them before it saves a checkpoint behind them.
    public var refused: [RefusedDocument] = []
}

/// Hands batches of documents to one sink; one thread at a time.
public protocol Delivery: AnyObject {
    /// What the sink keeps.
    var kind: SinkKind { get }
    /// What a checkpoint is bound to.
    var identity: String { get }
    /// A batch is full with this many documents.
    var batchDocumentLimit: Int { get }
    /// A batch is full with this many bytes of documents.
    var batchByteLimit: Int { get }

    /// Lets a shutdown end waits for a sink that takes nothing.
    func endWaits(on shutdown: ShutdownSignal)

    /// Whether it makes something whole of all that arrives in some time, and so hears of sources and times.
    var gathers: Bool { get }

    /// Names the sources by the numbers that documents have from now on.
    func begin(_ sources: [DeliverySource])

    /// Tells that everything which arrives before a time has been delivered.
    ///
    /// - Throws: what stopped the delivery.
    func pass(_ time: Timestamp) throws

    /// Bytes of the sink's output, durable after `flush`; nil where it has no length that a checkpoint could keep.
    var outputLength: Int? { get }

    /// Cuts the sink's output back to what a checkpoint kept of it, before the first batch.
    ///
    /// - Returns: what another program did to the output since.
    func resume(at length: Int?) throws -> OutputChange?

    /// Notices what another program did to the sink's output; a checkpoint is saved before anything more is delivered.
    func checkOutput() throws -> OutputChange?

    /// Takes a batch that holds documents, and gives back an empty one to fill next; waits while too much is not settled.
    ///
    /// - Throws: `SinkError`, or the sink's own error, where no more will be taken.
    func deliver(_ batch: DocumentBatch) throws -> DocumentBatch

    /// What became of the batches so far.
    ///
    /// - Throws: what stopped the delivery.
    func progress() throws -> DeliveryProgress

    /// Makes everything that counts as settled durable in the sink.
    func flush() throws

    /// Waits until every batch is settled, then flushes.
    ///
    /// - Throws: what stopped the delivery, `SinkError` with code `stopped` for a shutdown alone; what is not settled then is to be
    ///   delivered again.
    func finish() throws

    /// Ends; what is not settled is given up.
    func close() throws
}

extension Delivery {
    /// Most sinks take each document for itself.
    public var gathers: Bool { false }

    /// Most sinks need no names.
    public func begin(_ sources: [DeliverySource]) {}

    /// Most sinks wait for no time.
    public func pass(_ time: Timestamp) throws {}

    /// None: most sinks have no output of that kind.
    public var outputLength: Int? { nil }

    /// Nothing is cut.
    public func resume(at length: Int?) throws -> OutputChange? { nil }

    /// Nothing changes.
    public func checkOutput() throws -> OutputChange? { nil }
}

/// Delivers to a sink that takes a batch at once, on the calling thread.
public final class LocalDelivery: Delivery {
    private let sink: any Sink
    private var soFar = DeliveryProgress()

    /// Makes a delivery that owns the sink.
    public init(_ sink: any Sink) { self.sink = sink }

    /// What the sink keeps.
    public var kind: SinkKind { sink.kind }
    /// The sink's identity.
    public var identity: String { sink.identity }
    /// Small enough to be told of soon.
    public let batchDocumentLimit = 2_000
    /// A MiB.
    public let batchByteLimit = 1 << 20

    /// Lets a shutdown end the wait for the reader of a pipe.
    public func endWaits(on shutdown: ShutdownSignal) { sink.endWaits(on: shutdown) }

    /// A file's length.
    public var outputLength: Int? { (sink as? any FileSink)?.length }

    /// Cuts a file back.
    public func resume(at length: Int?) throws -> OutputChange? { try (sink as? any FileSink)?.resume(at: length) }

    /// Looks whether a file was truncated or renamed.
    public func checkOutput() throws -> OutputChange? { try (sink as? any FileSink)?.checkOutput() }

    /// Delivers the batch and empties it.
    public func deliver(_ batch: DocumentBatch) throws -> DocumentBatch {
        let counts = try sink.deliver(batch)
        soFar.counts.add(counts)
        soFar.settledBatches += 1
        batch.removeAll()
        return batch
    }

    /// Everything delivered is settled.
    public func progress() -> DeliveryProgress { soFar }

    /// Flushes the sink.
    public func flush() throws { try sink.flush() }

    /// Flushes the sink.
    public func finish() throws { try sink.flush() }

    /// Closes the sink.
    public func close() throws { try sink.close() }
}

extension DeliveryCounts {
    /// Adds others.
    public mutating func add(_ more: DeliveryCounts) {
        accepted += more.accepted
        stale += more.stale
        skipped += more.skipped
        rejected += more.rejected
    }
}
