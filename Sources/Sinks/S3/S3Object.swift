internal import Time
internal import Transform

/// The documents of one source and window, or of a piece of one, on their way into an object.
final class S3Object {
    let source: String
    let window: Timestamp
    /// The first record with a document, and the last one so far.
    let first: HeldDocuments
    private(set) var last: UInt64
    /// Whether all that arrives in the window is in the range.
    let isWhole: Bool
    private(set) var documents = 0
    /// Set with the first request.
    var upload: S3Upload?
    /// Parts handed over.
    var parts = 0
    /// How many requests have to be settled before the next step.
    var awaited = 0
    var isCompleting = false

    init(_ source: String, _ window: Timestamp, _ document: Document, isWhole: Bool) {
        self.source = source
        self.window = window
        self.isWhole = isWhole
        first = HeldDocuments(offset: document.offset, arrival: document.observedAt)
        last = document.offset
    }

    func count(_ document: Document) {
        last = document.offset
        documents += 1
    }
}

/// A source, with the object that its documents go into.
final class S3Source {
    let name: String
    var object: S3Object?
    /// Until when the range holds everything that arrives in it; nil where the range has no end.
    var end: Timestamp?
    private let compression: S3Options.Compression
    private let sizes: S3Sizes
    private var made: S3Encoder?

    init(_ name: String, _ compression: S3Options.Compression, _ sizes: S3Sizes) {
        self.name = name
        self.compression = compression
        self.sizes = sizes
    }

    /// Made with the first document: most sources of a journal may have none.
    func encoder() throws -> S3Encoder {
        if let made { return made }
        let new = try S3Encoder(compression, sizes)
        made = new
        return new
    }
}
