internal import JSON
internal import Time

/// Writes one document's JSON into its batch and notes where its values stand.
struct DocumentWriter {
    private let extractor: JSONExtractor
    private let sighting: Sighting?
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

    /// Adds the document of the post that an extractor has just read.
    ///
    /// - Parameters:
    ///   - byteCount: of the JSON that the post stands in.
    ///   - sighting: when the stream showed it, and by which rules; nil where the post comes from the stream just now.
    ///   - number: its number among the documents of its record.
    static func write(
        _ extractor: JSONExtractor,
        id: UnsafeRawBufferPointer,
        byteCount: Int,
        at place: RecordPlace,
        sighting: Sighting?,
        number: Int,
        into batch: DocumentBatch
    ) {
        // A document repeats pieces of its JSON that do not overlap, but for the first tag, which stands in it twice.
        batch.reserve(2 * (byteCount + (sighting?.byteCount ?? 0)) + overhead)
        var writer = DocumentWriter(extractor, sighting, base: batch.base, end: batch.count)
        var document = writer.write(id: id, at: place, number: number)
        document.source = batch.source
        batch.append(document)
    }

    /// Writes what a post that is hidden was seen as into a batch, and adds no document.
    static func hide(
        _ extractor: JSONExtractor,
        id: UnsafeRawBufferPointer,
        byteCount: Int,
        at place: RecordPlace,
        into batch: DocumentBatch
    ) -> ShownPost {
        batch.reserve(2 * byteCount + overhead)
        var writer = DocumentWriter(extractor, nil, base: batch.base, end: batch.count)
        let document = writer.write(id: id, at: place, number: 0)
        batch.count = document.json.upperBound
        return ShownPost(
            categories: document.categories,
            hasCategory: document.category != nil,
            authorID: document.authorID,
            postKind: document.postKind,
            repostedID: document.repostedID
        )
    }

    private init(_ extractor: JSONExtractor, _ sighting: Sighting?, base: UnsafeMutableRawPointer, end: Int) {
        self.extractor = extractor
        self.sighting = sighting
        self.base = base
        self.end = end
    }

    private mutating func write(id: UnsafeRawBufferPointer, at place: RecordPlace, number: Int) -> Document {
        let (start, arrival) = (end, place.arrival)
        let sighted = sighting?.arrival ?? arrival
        let origin: DocumentClass = sighting == nil ? .stream : .lookup
        put("{\"tweet_id\":\"")
        let tweetID = put(id)
        put("\"")
        let retweets = integer(",\"retweets\":", PostPlan.newRetweets, or: PostPlan.retweets)
        let replies = integer(",\"replies\":", PostPlan.replies)
        let likes = integer(",\"likes\":", PostPlan.likes)
        let category = string(",\"category\":\"", tag(0))
        put(",\"timestamp\":")
        put(sighted.milliseconds)
        let quotes = integer(",\"quotes\":", PostPlan.quotes)
        let categories = categories()
        let createdAt = string(",\"created_at\":\"", extractor.string(PostPlan.createdAt))
        put(",\"observed_at\":\"")
        arrival.writeRFC3339(to: UnsafeMutableRawBufferPointer(start: base + end, count: 27))
        end += 27
        put("\"")
        let authorID = string(",\"author_id\":\"", extractor.string(PostPlan.authorID) ?? sighting?.author)
        let lang = string(",\"lang\":\"", extractor.string(PostPlan.lang))
        let text = string(",\"text\":\"", extractor.string(PostPlan.text))
        let (kind, reposted) = self.kind
        put(",\"kind\":\"")
        put(kind.name)
        put("\"}")
        return Document(
            offset: place.offset,
            ordinal: number,
            version: DocumentVersion.make(arrival: arrival, ordinal: place.ordinal, origin: origin),
            origin: origin,
            postKind: kind,
            repostedID: reposted,
            json: start..<end,
            tweetID: tweetID,
            category: category,
            categories: categories,
            text: text,
            authorID: authorID,
            lang: lang,
            createdAt: createdAt,
            observedAt: arrival,
            timestampMilliseconds: sighted.milliseconds,
            retweets: retweets,
            replies: replies,
            likes: likes,
            quotes: quotes
        )
    }

    /// The tag of a matching rule: of a lookup, of those by which the stream showed the post.
    private func tag(_ index: Int) -> UnsafeRawBufferPointer? {
        guard let sighting else { return extractor.string(PostPlan.tags, element: index) }
        return index < sighting.tags.count ? sighting.tags[index] : nil
    }

    /// The tags of all matching rules, those without one left out.
    private mutating func categories() -> Range<Int>? {
        let count = sighting?.tags.count ?? extractor.count(PostPlan.tags)
        var start: Int?
        for index in 0..<count {
            guard let tag = tag(index) else { continue }
            if start == nil {
                put(",\"categories\":")
                start = end
                put("[\"")
            } else {
                put(",\"")
            }
            put(tag)
            put("\"")
        }
        guard let start else { return nil }
        put("]")
        return start..<end
    }

    /// The first of retweeted, quoted, replied_to decides; with it the id of what a repost repeats.
    ///
    /// What a post refers to never changes, so an answer without references leaves what the stream has shown.
    private var kind: (PostKind, reposted: UInt64?) {
        let isNew = extractor.count(PostPlan.newReferences) > 0
        let slot = isNew ? PostPlan.newReferences : PostPlan.references
        if let sighting, extractor.count(slot) == 0 { return (sighting.kind, sighting.repostedID) }
        var found = PostKind.post
        for index in 0..<extractor.count(slot) {
            guard let type = extractor.string(slot, element: index) else { continue }
            if DocumentWriter.equal(type, "retweeted") || DocumentWriter.equal(type, "reposted") {
                let id = extractor.string(isNew ? PostPlan.newReferenceIDs : PostPlan.referenceIDs, element: index)
                return (.repost, id.flatMap { PostID.number($0) })
            }
            if DocumentWriter.equal(type, "quoted") { found = .quote }
            if DocumentWriter.equal(type, "replied_to") && found == .post { found = .reply }
        }
        return (found, nil)
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
