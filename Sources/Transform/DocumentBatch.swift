internal import JSON

/// Documents on their way to a sink: their JSON in one buffer that grows, and a row of values for each.
///
/// Emptied and filled again, it allocates nothing once it has its size. One owner at a time; not for several threads.
public final class DocumentBatch {
    // Nobody holds a piece of a batch while it changes, and looking that up for every document costs more than adding it.

    /// The documents, in the order in which they were made.
    @exclusivity(unchecked)
    public internal(set) var documents: [Document] = []

    /// The number of the source that the next documents come from; whoever reads several gives each a number.
    @exclusivity(unchecked)
    public var source = 0

    /// The buffer; `count` bytes of it are documents.
    @exclusivity(unchecked)
    internal private(set) var base: UnsafeMutableRawPointer
    /// The bytes that are documents.
    @exclusivity(unchecked)
    internal var count = 0
    @exclusivity(unchecked)
    private var capacity: Int

    /// Makes an empty batch.
    ///
    /// - Parameter byteCapacity: the bytes that fit before the buffer first grows.
    public init(byteCapacity: Int = 1 << 16) {
        capacity = max(byteCapacity, 4_096)
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    /// The JSON of all documents; the documents' ranges count from its start.
    ///
    /// Valid until the batch changes.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The bytes of all documents.
    public var byteCount: Int { count }

    /// The memory that it takes: room for bytes, and a row of values for each document.
    public var heldByteCount: Int { capacity + documents.count * MemoryLayout<Document>.stride }

    /// The bytes that fit before its buffer grows.
    public var byteCapacity: Int { capacity }

    /// Whether most of its memory is room that no document needs.
    public var isMostlyEmpty: Bool { count < capacity / 2 }

    /// A batch of the same documents that has room for nothing more.
    public func fittingCopy() -> DocumentBatch {
        let copy = DocumentBatch(byteCapacity: count)
        copy.base.copyMemory(from: base, byteCount: count)
        copy.count = count
        copy.documents = documents.map { $0 }
        return copy
    }

    /// Whether it holds no document.
    public var isEmpty: Bool { documents.isEmpty }

    /// Takes all documents out.
    ///
    /// - Parameter keepingCapacity: whether the memory is kept for the next ones.
    public func removeAll(keepingCapacity: Bool = true) {
        documents.removeAll(keepingCapacity: keepingCapacity)
        count = 0
        guard !keepingCapacity else { return }
        base.deallocate()
        capacity = 4_096
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    /// The raw bytes of one range: JSON string content with its escapes, or a whole document.
    ///
    /// Valid until the batch changes.
    public func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    /// The text of one range, escapes decoded, what is not UTF-8 replaced.
    public func string(_ range: Range<Int>) -> String {
        JSONString.decode(bytes(range))
    }

    /// The JSON text of one document.
    public func json(of document: Document) -> String {
        String(decoding: bytes(document.json), as: UTF8.self)
    }

    /// Takes out all documents but the first ones.
    public func keepDocuments(upTo limit: Int) { removeDocuments(from: max(0, limit)) }

    /// Takes the last documents out again, from a number on.
    internal func removeDocuments(from first: Int) {
        guard first < documents.count else { return }
        count = documents[first].json.lowerBound
        documents.removeSubrange(first...)
    }

    /// Adds a document whose bytes were written behind the last one.
    internal func append(_ document: Document) {
        precondition(document.json.upperBound <= capacity, "a document does not fit the room made for it")
        documents.append(document)
        count = document.json.upperBound
    }

    /// Makes room for more bytes behind the last one.
    internal func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let wanted = max(count + more, capacity * 2)
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        bigger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = bigger
        capacity = wanted
    }
}

// Its buffer has one owner and no lock.
@available(*, unavailable)
extension DocumentBatch: Sendable {}
