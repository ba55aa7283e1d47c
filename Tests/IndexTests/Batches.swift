import Time

@testable import Transform

/// A document in few words, for tests of the index alone.
struct Sketch: Hashable {
    var id: String
    var version: UInt64
    var origin = DocumentClass.stream
    /// JSON string content: escapes as X would send them.
    var category: String? = "cats with images"
    var minute: Int64? = 29_000_000
    var text: String? = "a cat"
    var likes: Int64? = 1
    var tags: [String] = []
}

extension DocumentBatch {
    convenience init(_ sketches: some Sequence<Sketch>) {
        self.init()
        for sketch in sketches { append(sketch) }
    }

    /// Adds a document the way the transform lays one out, as far as the index looks.
    func append(_ sketch: Sketch) {
        func put(_ text: String) -> Range<Int> {
            let bytes = Array(text.utf8)
            reserve(bytes.count)
            bytes.withUnsafeBytes { from in
                guard let source = from.baseAddress else { return }
                (base + count).copyMemory(from: source, byteCount: from.count)
            }
            count += bytes.count
            return count - bytes.count..<count
        }
        func field(_ key: String, _ value: String?) -> Range<Int>? {
            guard let value else { return nil }
            _ = put("\"\(key)\":\"")
            let range = put(value)
            _ = put("\",")
            return range
        }
        let start = count
        _ = put("{\"tweet_id\":\"")
        let id = put(sketch.id)
        _ = put("\",")
        let category = field("category", sketch.category)
        var categories: Range<Int>?
        if !sketch.tags.isEmpty {
            _ = put("\"categories\":")
            categories = put("[\(sketch.tags.map { "\"\($0)\"" }.joined(separator: ","))]")
            _ = put(",")
        }
        let text = field("text", sketch.text)
        let json = start..<put("\"kind\":\"post\"}").upperBound
        documents.append(
            Document(
                offset: 0,
                ordinal: 0,
                version: sketch.version,
                origin: sketch.origin,
                postKind: .post,
                json: json,
                tweetID: id,
                category: category,
                categories: categories,
                text: text,
                authorID: nil,
                lang: nil,
                createdAt: nil,
                observedAt: Timestamp(microseconds: Int64(sketch.version) / 4),
                timestampMilliseconds: sketch.minute.map { $0 * 60_000 + 59_999 },
                retweets: nil,
                replies: nil,
                likes: sketch.likes,
                quotes: nil
            )
        )
    }
}
