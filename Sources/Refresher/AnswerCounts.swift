internal import JSON
internal import Time
internal import Transform

/// Says what an answer brought, by the documents that the transform makes of it.
final class AnswerCounts {
    struct Found {
        /// The ids of the posts in `data`, which X bills, as often as they stand there; nil for one that has none.
        var returned: [UInt64?] = []
        var read = 0
        var changed = 0
        /// The posts that X did not find or show, which are not gone before that is believed.
        var missed: [UInt64] = []
        /// The posts that are withheld, which their content says itself.
        var withheld = 0
        /// The posts that it said something of.
        var told: Set<UInt64> = []
        /// The posts that were asked for and came back without counts or text, so that they give no document.
        var withoutCounts: Set<UInt64> = []

        /// Posts that X billed.
        ///
        /// - Parameters:
        ///   - free: ids that were paid before.
        ///   - rule: whether one that stands there twice is billed twice.
        func billed(free: Set<UInt64>, _ rule: BillingDay.Rule) -> Int {
            switch rule {
            case .none: returned.count
            case .utcDay: Set(returned.compactMap { $0 }).subtracting(free).count + returned.count { $0 == nil }
            }
        }
    }

    private let transform = DefaultTransform()
    private let batch = DocumentBatch()
    private let data = JSONExtractor(JSONPlan([.init("data", .items, slot: 0)]))
    private let post = JSONExtractor(JSONPlan([.init("id", .string, slot: 0)]))

    func count(_ body: [UInt8], _ question: Question, _ asked: [PostState]) -> Found {
        var found = Found()
        var returned: Set<UInt64> = []
        var likes: [UInt64: Int64] = [:]
        for post in asked { likes[post.id] = post.last?.likes }
        batch.removeAll()
        let padded = body + [UInt8](repeating: 0, count: DefaultTransform.padding)
        padded.withUnsafeBytes { buffer in
            let line = UnsafeRawBufferPointer(rebasing: buffer[0..<body.count])
            found.returned = ids(line)
            returned = Set(found.returned.compactMap { $0 })
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
            let id = UInt64(batch.string(document.tweetID))
            if let id { found.told.insert(id) }
            switch document.origin {
            case .tombstone where document.isSuperseded: break
            case .tombstone:
                guard let id else { continue }
                // One of another version of a post in `data` is not asked for again by itself.
                if returned.contains(id) { found.withheld += 1 } else { found.missed.append(id) }
            case .lookup, .stream:
                found.read += 1
                if let id, likes[id] != document.likes { found.changed += 1 }
            }
        }
        found.withoutCounts = Set(found.returned.compactMap { $0 }).intersection(asked.map(\.id)).subtracting(
            found.told
        )
        return found
    }

    private func ids(_ line: UnsafeRawBufferPointer) -> [UInt64?] {
        guard data.read(line) == .read else { return [] }
        return (0..<data.count(0)).map { index in
            guard let item = data.string(0, element: index), post.read(item) == .read, let id = post.string(0) else {
                return nil
            }
            return UInt64(String(decoding: id, as: UTF8.self))
        }
    }
}

extension RefreshReport {
    mutating func add(_ found: AnswerCounts.Found) {
        read += found.read
        changed += found.changed
        same += found.read - found.changed
        gone += found.withheld
    }
}
