internal import Failures
internal import Time
internal import Transform

/// How documents become objects, and objects requests.
extension S3Delivery {
    /// The most parts that S3 allows.
    private static let partLimit = 10_000

    /// Adds a document to the object of its window.
    func add(_ document: Document, _ json: UnsafeRawBufferPointer, to source: S3Source) throws {
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

    /// Encodes the rest of an object, and hands over what is missing of it.
    func end(_ object: S3Object, of source: S3Source) throws {
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
    func advance() throws {
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
