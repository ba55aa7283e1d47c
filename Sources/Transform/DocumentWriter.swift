internal import JSON
internal import Time

/// Writes one document's JSON into its batch and notes where its values stand.
struct DocumentWriter {
    private let batch: DocumentBatch
    private let extractor: JSONExtractor

    /// Every field, in the order in which it is written.
    static let fieldNames = [
        "tweet_id", "retweets", "replies", "likes", "category", "timestamp", "quotes", "categories", "created_at",
        "observed_at", "author_id", "lang", "text", "kind",
    ]

    init(_ batch: DocumentBatch, _ extractor: JSONExtractor) {
        self.batch = batch
        self.extractor = extractor
    }

    func write(id: UnsafeRawBufferPointer, offset: UInt64, arrival: Timestamp, ordinal: Int) {
        let start = batch.count
        put("{\"tweet_id\":\"")
        let tweetID = put(id)
        put("\"")
        let retweets = integer(",\"retweets\":", PostPlan.retweets)
        let replies = integer(",\"replies\":", PostPlan.replies)
        let likes = integer(",\"likes\":", PostPlan.likes)
        let category = string(",\"category\":\"", extractor.string(PostPlan.tags, element: 0))
        put(",\"timestamp\":")
        put(arrival.milliseconds)
        let quotes = integer(",\"quotes\":", PostPlan.quotes)
        categories()
        let createdAt = string(",\"created_at\":\"", extractor.string(PostPlan.createdAt))
        put(",\"observed_at\":\"")
        batch.reserve(27)
        arrival.writeRFC3339(to: UnsafeMutableRawBufferPointer(start: batch.base + batch.count, count: 27))
        batch.count += 27
        put("\"")
        let authorID = string(",\"author_id\":\"", extractor.string(PostPlan.authorID))
        let lang = string(",\"lang\":\"", extractor.string(PostPlan.lang))
        let text = string(",\"text\":\"", extractor.string(PostPlan.text))
        let kind = self.kind
        put(",\"kind\":\"")
        put(kind.name)
        put("\"}")
        batch.documents.append(
            Document(
                offset: offset,
                ordinal: 0,
                version: DocumentVersion.make(arrival: arrival, ordinal: ordinal, origin: .stream),
                origin: .stream,
                postKind: kind,
                json: start..<batch.count,
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
        )
    }

    /// The tags of all matching rules, those without one left out.
    private func categories() {
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
        var found = PostKind.post
        for index in 0..<extractor.count(PostPlan.references) {
            guard let type = extractor.string(PostPlan.references, element: index) else { continue }
            if DocumentWriter.equal(type, "retweeted") || DocumentWriter.equal(type, "reposted") { return .repost }
            if DocumentWriter.equal(type, "quoted") { found = .quote }
            if DocumentWriter.equal(type, "replied_to") && found == .post { found = .reply }
        }
        return found
    }

    private func integer(_ name: StaticString, _ slot: Int) -> Int64? {
        guard let value = extractor.integer(slot) else { return nil }
        put(name)
        put(value)
        return value
    }

    private func string(_ name: StaticString, _ value: UnsafeRawBufferPointer?) -> Range<Int>? {
        guard let value else { return nil }
        put(name)
        let range = put(value)
        put("\"")
        return range
    }

    private func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @discardableResult
    private func put(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
        batch.reserve(bytes.count)
        let start = batch.count
        if let source = bytes.baseAddress { (batch.base + start).copyMemory(from: source, byteCount: bytes.count) }
        batch.count = start + bytes.count
        return start..<batch.count
    }

    private func put(_ value: Int64) {
        batch.reserve(20)
        var digits = value.magnitude
        var length = 1
        var rest = digits / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        if value < 0 {
            batch.base.storeBytes(of: 45, toByteOffset: batch.count, as: UInt8.self)
            batch.count += 1
        }
        for place in stride(from: batch.count + length - 1, through: batch.count, by: -1) {
            batch.base.storeBytes(of: UInt8(48 + digits % 10), toByteOffset: place, as: UInt8.self)
            digits /= 10
        }
        batch.count += length
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        bytes.elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
