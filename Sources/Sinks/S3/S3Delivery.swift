public import AWS
internal import Failures
public import Lifecycle
public import Time
public import Transform

/// Delivers to a bucket of Amazon S3: all documents of a source that arrive in a window become one object.
///
/// An object's name and bytes are a function of the journal, the range and the transform, so that every replay makes the same one, and
/// one that is there with equal content counts as written. Documents are settled when their object is. A follower makes whole windows
/// only; a window that the end of a range cuts becomes one or more pieces, named by their first and last record.
/// Memory: for each source with documents a part and a compressor, and what the outbox holds.
public final class S3Delivery: Delivery {
    /// Every sighting is put.
    public let kind = SinkKind.append
    /// Endpoint, bucket and prefix.
    public var identity: String { sink.identity }
    /// Small enough to be told of soon.
    public let batchDocumentLimit = 2_000
    /// A MiB.
    public let batchByteLimit = 1 << 20
    /// It does.
    public let gathers = true

    let sink: S3Sink
    let naming: S3Naming
    let options: S3Options
    private let engine: ConcurrentDelivery
    let outbox: S3Outbox
    var sources: [S3Source] = []
    /// Ended objects that are not in the bucket yet, in order.
    var ended: [S3Object] = []
    var soFar = DeliveryProgress()
    private var shutdown: ShutdownSignal?

    var sizes = S3Sizes()
    /// Makes a delivery; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - transformDigest: what makes the documents, a part of every name.
    ///   - seed: of the waits' jitter.
    ///   - onTrouble: gets the reason when the bucket takes nothing and is tried again, and nil once it does.
    ///   - onNotice: told what is worth a line of the log.
    /// - Throws: `AWSError` for an endpoint that is no URL.
    public init(
        _ address: S3Address,
        _ connection: AWSConnection,
        _ options: S3Options,
        transformDigest: String,
        limits: DeliveryLimits = .init(),
        patience: DeliveryPatience,
        seed: UInt64,
        onTrouble: @escaping @Sendable (String?) -> Void = { _ in },
        onNotice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.options = options
        naming = S3Naming(address, options, transformDigest: transformDigest)
        sink = try S3Sink(address, connection, onNotice: onNotice)
        engine = try ConcurrentDelivery(sink, limits: limits, patience: patience, seed: seed, onTrouble: onTrouble)
        outbox = S3Outbox(engine, sink.queue)
    }

    /// What the delivery has come to so far.
    public var totals: S3Totals { sink.totals }

    /// Lets a shutdown end waits.
    public func endWaits(on shutdown: ShutdownSignal) {
        self.shutdown = shutdown
        engine.endWaits(on: shutdown)
    }

    /// Names the sources; what they have begun goes on.
    public func begin(_ sources: [DeliverySource]) {
        let known = Dictionary(self.sources.map { ($0.name, $0) }) { first, _ in first }
        self.sources = sources.map { source in
            let own = known[source.name] ?? S3Source(source.name, options.compression, sizes)
            own.end = source.end
            return own
        }
    }

    /// Adds the batch's documents to their objects; ends those whose window is over.
    public func deliver(_ batch: DocumentBatch) throws -> DocumentBatch {
        for document in batch.documents {
            guard document.origin == .stream || options.includesRefreshes else {
                soFar.counts.skipped += 1
                continue
            }
            guard sources.indices.contains(document.source) else {
                throw SinkError(.address, "\(sink.name): documents of a source without a name cannot become an object")
            }
            try add(document, batch.bytes(document.json), to: sources[document.source])
        }
        soFar.settledBatches += 1
        batch.removeAll()
        return batch
    }

    /// Ends the objects whose window is over.
    public func pass(_ time: Timestamp) throws {
        for source in sources {
            guard let object = source.object, naming.end(of: object.window) <= time else { continue }
            try end(object, of: source)
        }
    }

    /// What is settled, and what waits for its object.
    public func progress() throws -> DeliveryProgress {
        try advance()
        var held: [String: HeldDocuments] = [:]
        for object in ended + sources.compactMap(\.object) {
            let other = held[object.source]
            if other.map({ object.first.offset < $0.offset }) ?? true { held[object.source] = object.first }
        }
        soFar.held = held
        return soFar
    }

    /// What S3 has answered is durable there.
    public func flush() {}

    /// Ends all objects, and waits until they are in the bucket; after a shutdown request only those whose window is over.
    public func finish() throws {
        let isStopped = shutdown?.isRequested ?? false
        if !isStopped {
            for source in sources {
                if let object = source.object { try end(object, of: source) }
            }
        }
        try advance()
        while !ended.isEmpty {
            try outbox.finish()
            try advance()
        }
        if sources.contains(where: { $0.object != nil }) {
            throw SinkError(.stopped, "\(sink.name): stopped before the end of a window")
        }
    }

    /// Ends the threads, and the uploads that are not complete.
    public func close() throws {
        try engine.close()
        let uploads = (ended + sources.compactMap(\.object)).compactMap(\.upload).filter { upload in
            let state = upload.state
            return state.id != nil && !state.isDone && state.loss == nil
        }
        guard !uploads.isEmpty else { return }
        let deadline = MonotonicClock.system.now + .seconds(2)
        let last = try sink.makeRequests()
        for upload in uploads { last.abort(upload) { MonotonicClock.system.now >= deadline } }
    }
}
