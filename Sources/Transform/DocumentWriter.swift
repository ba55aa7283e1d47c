internal import JSON
internal import Time

/// Writes one document's JSON into its batch and notes where its values stand.
struct DocumentWriter {
    private let extractor: JSONExtractor
    /// Where the batch's bytes begin; room for the whole document was made before.
    private let base: UnsafeMutableRawPointer
    private var end: Int

    /// Every field, in the order in which it is written.
    static let fieldNames = [
        "tweet_id", "retweets", "replies", "likes", "category", "timestamp", "quotes", "categories", "created_at",
        "observed_at", "author_id", "lang", "text", "kind",
    ]

    /// More than all names, numbers, times and brackets of a document.
    private static let overhead = 1_024

    /// Adds the document of the record that the extractor has just read.
    static func write(
        _ extractor: JSONExtractor,
        id: UnsafeRawBufferPointer,
        lineLength: Int,
        offset: UInt64,
        arrival: Timestamp,
        ordinal: Int,
        into batch: DocumentBatch
    ) {
        // A document repeats pieces of its line that do not overlap, but for the first tag, which stands in it twice.
        batch.reserve(2 * lineLength + overhead)
        var writer = DocumentWriter(extractor: extractor, base: batch.base, end: batch.count)
        var document = writer.write(id: id, offset: offset, arrival: arrival, ordinal: ordinal)
        document.source = batch.source
        batch.append(document)
    }

    private init(extractor: JSONExtractor, base: UnsafeMutableRawPointer, end: Int) {
        self.extractor = extractor
        self.base = base
        self.end = end
    }

    private mutating func write(
        id: UnsafeRawBufferPointer,
        offset: UInt64,
        arrival: Timestamp,
        ordinal: Int
    ) -> Document {
        let start = end
        put("{\"tweet_id\":\"")
        let tweetID = put(id)
        put("\"")
        let retweets = integer(",\"retweets\":", PostPlan.newRetweets, or: PostPlan.retweets)
        let replies = integer(",\"replies\":", PostPlan.replies)
        let likes = integer(",\"likes\":", PostPlan.likes)
        let category = string(",\"category\":\"", extractor.string(PostPlan.tags, element: 0))
        put(",\"timestamp\":")
        put(arrival.milliseconds)
        let quotes = integer(",\"quotes\":", PostPlan.quotes)
        categories()
        let createdAt = string(",\"created_at\":\"", extractor.string(PostPlan.createdAt))
        put(",\"observed_at\":\"")
        arrival.writeRFC3339(to: UnsafeMutableRawBufferPointer(start: base + end, count: 27))
        end += 27
        put("\"")
        let authorID = string(",\"author_id\":\"", extractor.string(PostPlan.authorID))
        let lang = string(",\"lang\":\"", extractor.string(PostPlan.lang))
        let text = string(",\"text\":\"", extractor.string(PostPlan.text))
        let kind = self.kind
        put(",\"kind\":\"")
        put(kind.name)
        put("\"}")
        return Document(
            offset: offset,
            ordinal: 0,
            version: DocumentVersion.make(arrival: arrival, ordinal: ordinal, origin: .stream),
            origin: .stream,
            postKind: kind,
            json: start..<end,
            tweetID: tweetID,
            category: category,
            text: text,
            authorID: authorID,
            lang: lang,
            createdAt: createdAt,
            observedAt: arrival,
            timestampMilliseconds: arrival.milliseconds,
            retweets: retweets,
            replies: replies,
            likes: likes,
            quotes: quotes
        )
    }

    /// The tags of all matching rules, those without one left out.
    private mutating func categories() {
        let count = extractor.count(PostPlan.tags)
        var isFirst = true
        for index in 0..<count {
            guard let tag = extractor.string(PostPlan.tags, element: index) else { continue }
            put(isFirst ? ",\"categories\":[\"" : ",\"")
            put(tag)
            put("\"")
            isFirst = false
        }
        if !isFirst { put("]") }
    }

    /// The first of retweeted, quoted, replied_to decides.
    private var kind: PostKind {
        let slot =
            extractor.count(PostPlan.newReferences) > 0 ? PostPlan.newReferences : PostPlan.references
        var found = PostKind.post
        for index in 0..<extractor.count(slot) {
            guard let type = extractor.string(slot, element: index) else { continue }
            if DocumentWriter.equal(type, "retweeted") || DocumentWriter.equal(type, "reposted") { return .repost }
            if DocumentWriter.equal(type, "quoted") { found = .quote }
            if DocumentWriter.equal(type, "replied_to") && found == .post { found = .reply }
        }
        return found
    }

    /// Writes the first of two values that is there.
    private mutating func integer(_ name: StaticString, _ slot: Int, or other: Int? = nil) -> Int64? {
        guard let value = extractor.integer(slot) ?? other.flatMap({ extractor.integer($0) }) else { return nil }
        put(name)
        put(value)
        return value
    }

    private mutating func string(_ name: StaticString, _ value: UnsafeRawBufferPointer?) -> Range<Int>? {
        guard let value else { return nil }
        put(name)
        let range = put(value)
        put("\"")
        return range
    }

    private mutating func put(_ text: StaticString) {
        (base + end).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        end += text.utf8CodeUnitCount
    }

    @discardableResult
    private mutating func put(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
        let start = end
        if let source = bytes.baseAddress { (base + start).copyMemory(from: source, byteCount: bytes.count) }
        end = start + bytes.count
        return start..<end
    }

    private mutating func put(_ value: Int64) {
        var digits = value.magnitude
        var length = 1
        var rest = digits / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        if value < 0 {
            base.storeBytes(of: 45, toByteOffset: end, as: UInt8.self)
            end += 1
        }
        for place in stride(from: end + length - 1, through: end, by: -1) {
            base.storeBytes(of: UInt8(48 + digits % 10), toByteOffset: place, as: UInt8.self)
            digits /= 10
        }
        end += length
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        bytes.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
