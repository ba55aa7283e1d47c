internal import JSON
internal import Time
internal import Transform

/// Says what an answer brought, by the documents that the transform makes of it.
final class AnswerCounts {
    struct Found {
        /// Posts in `data`, which X bills.
        var returned = 0
        var read = 0
        var changed = 0
        var gone = 0
    }

    private let transform = DefaultTransform()
    private let batch = DocumentBatch()
    private let data = JSONExtractor(JSONPlan([.init("data", .items, slot: 0)]))

    func count(_ body: [UInt8], _ question: Question, _ asked: [PostState]) -> Found {
        var found = Found()
        var likes: [UInt64: Int64] = [:]
        for post in asked { likes[post.id] = post.last?.likes }
        batch.removeAll()
        let padded = body + [UInt8](repeating: 0, count: DefaultTransform.padding)
        padded.withUnsafeBytes { buffer in
            let line = UnsafeRawBufferPointer(rebasing: buffer[0..<body.count])
            if data.read(line) == .read { found.returned = data.count(0) }
            _ = transform.transform(
                lookup: line,
                question: Array("{\"kind\":\"asked\",\"posts\":".utf8) + question.json + [125],
                offset: 0,
                arrival: Timestamp(rawValue: 0),
                ordinal: 0,
                into: batch
            )
        }
        for document in batch.documents {
            switch document.origin {
            case .tombstone: if !document.isSuperseded { found.gone += 1 }
            case .lookup, .stream:
                found.read += 1
                if let id = UInt64(batch.string(document.tweetID)), likes[id] != document.likes { found.changed += 1 }
            }
        }
        return found
    }
}

extension RefreshReport {
    mutating func add(_ found: AnswerCounts.Found, of asked: Int) {
        read += found.read
        changed += found.changed
        same += found.read - found.changed
        gone += found.gone
        unknown += max(0, asked - found.read - found.gone)
    }
}
