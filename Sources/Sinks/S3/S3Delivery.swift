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
    private let options: S3Options
    private let engine: ConcurrentDelivery
    private let outbox: S3Outbox
    private var sources: [S3Source] = []
    /// Ended objects that are not in the bucket yet, in order.
    private var ended: [S3Object] = []
    private var soFar = DeliveryProgress()
    private var shutdown: ShutdownSignal?

    var sizes = S3Sizes()
    /// The most parts that S3 allows.
    private static let partLimit = 10_000

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

    // MARK: - Objects

    private func add(_ document: Document, _ json: UnsafeRawBufferPointer, to source: S3Source) throws {
        if let object = source.object {
            // Arrivals do not decrease within a source; if one did, it would stay in the window at hand.
            let isOver = document.observedAt >= naming.end(of: object.window)
            // A piece ends behind a record.
            let isFull = try !object.isWhole && document.offset != object.last && hasPart(source)
            if isOver || isFull { try end(object, of: source) }
        }
        let object = source.object ?? open(source, document)
        try source.encoder().add(json, version: document.version)
        object.count(document)
        guard object.isWhole else { return }
        while try hasPart(source) { try sendPart(of: object, source.encoder().take(sizes.part)) }
    }

    private func hasPart(_ source: S3Source) throws -> Bool {
        try source.encoder().bytes.count >= sizes.part
    }

    private func open(_ source: S3Source, _ document: Document) -> S3Object {
        let window = naming.window(of: document.observedAt)
        let isWhole = source.end.map { naming.end(of: window) <= $0 } ?? true
        let object = S3Object(source.name, window, document, isWhole: isWhole)
        source.object = object
        return object
    }

    private func upload(of object: S3Object) -> S3Upload {
        let key = naming.key(
            object.source,
            object.window,
            first: object.first.offset,
            last: object.isWhole ? nil : object.last
        )
        return S3Upload(key, options.compression.contentType)
    }

    private func sendPart(of object: S3Object, _ body: [UInt8]) throws {
        let upload = object.upload ?? upload(of: object)
        if object.upload == nil {
            object.upload = upload
            try outbox.hand(S3Request(kind: .begin, upload: upload))
            // Parts name the upload that they belong to.
            try outbox.finish()
        }
        object.parts += 1
        guard object.parts <= S3Delivery.partLimit else {
            throw SinkError(
                .refused,
                "\(sink.name): an object would have more than \(S3Delivery.partLimit) parts; choose a shorter --s3-window"
            )
        }
        try outbox.hand(S3Request(kind: .part(object.parts), upload: upload, body: body))
    }

    private func end(_ object: S3Object, of source: S3Source) throws {
        let encoder = try source.encoder()
        try encoder.finish()
        if object.upload == nil {
            let upload = upload(of: object)
            object.upload = upload
            try outbox.hand(S3Request(kind: .put, upload: upload, body: encoder.take(encoder.bytes.count)))
        } else if !encoder.bytes.isEmpty {
            try sendPart(of: object, encoder.take(encoder.bytes.count))
        }
        object.awaited = outbox.handed
        source.object = nil
        ended.append(object)
        try advance()
    }

    /// Takes over what was answered: parts become an object, and an object settles its documents.
    private func advance() throws {
        for object in ended + sources.compactMap(\.object) {
            guard let loss = object.upload?.state.loss else { continue }
            throw SinkError(.unavailable, "\(sink.name): \(loss)", cause: .serverFault)
        }
        guard !ended.isEmpty else { return }
        let settled = try outbox.settled()
        var left: [S3Object] = []
        for object in ended {
            if settled < object.awaited {
                left.append(object)
            } else if object.parts > 0, !object.isCompleting, let upload = object.upload {
                try outbox.hand(S3Request(kind: .complete, upload: upload))
                object.isCompleting = true
                object.awaited = outbox.handed
                left.append(object)
            } else {
                soFar.counts.accepted += object.documents
            }
        }
        ended = left
    }
}
