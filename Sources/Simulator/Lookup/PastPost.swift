internal import JSON
internal import Time

/// A post read from its record.
struct PastPost {
    private static let plan: [JSONPlan.Member] = [
        .init("id", .string, slot: 0),
        .init("text", .string, slot: 1),
        .init("author_id", .string, slot: 2),
        .init("lang", .string, slot: 3),
        .init("conversation_id", .string, slot: 4),
        .init("edit_history_tweet_ids", .items, slot: 5),
        .init("edit_history_post_ids", .items, slot: 6),
        .init("referenced_tweets", .each([.init("type", .string, slot: 7), .init("id", .string, slot: 8)])),
        .init("referenced_posts", .each([.init("type", .string, slot: 9), .init("id", .string, slot: 10)])),
        .init("attachments", .object([.init("media_keys", .items, slot: 11)])),
    ]

    private(set) var made = GeneratedPost()
    /// Whether the record says who wrote it.
    private(set) var hasAuthor = false

    /// Reads a record; nil where it is not one of a simulator's.
    init?(record: [UInt8]) {
        let extractor = JSONExtractor(JSONPlan([.init("data", .object(PastPost.plan))]))
        let bytes = record + [UInt8](repeating: 0, count: JSONExtractor.padding)
        let isRead = bytes.withUnsafeBytes { buffer in
            extractor.read(UnsafeRawBufferPointer(rebasing: buffer[0..<record.count])) == .read && take(extractor)
        }
        guard isRead else { return nil }
    }

    private mutating func take(_ extractor: JSONExtractor) -> Bool {
        func number(_ raw: UnsafeRawBufferPointer?) -> UInt64? {
            raw.flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
        }
        func quoted(_ slot: Int, _ index: Int) -> UnsafeRawBufferPointer? {
            guard let item = extractor.string(slot, element: index), item.count > 2 else { return nil }
            return UnsafeRawBufferPointer(rebasing: item[1..<item.count - 1])
        }
        guard let id = number(extractor.string(0)), let text = extractor.string(1) else { return false }
        made.id = id
        made.milliseconds = PostClock.milliseconds(of: id)
        made.text = Array(JSONString.decode(text).utf8)
        if let author = number(extractor.string(2)) {
            guard let known = Authors.numbers[author] else { return false }
            made.author = known
            hasAuthor = true
        }
        made.lang = extractor.string(3).map(JSONString.decode) ?? made.lang
        made.conversation = number(extractor.string(4)) ?? id
        let history = extractor.count(6) > 0 ? 6 : 5
        made.earlierVersions = (0..<extractor.count(history)).compactMap { number(quoted(history, $0)) }.filter {
            $0 < id
        }
        let (types, ids) = extractor.count(9) > 0 ? (9, 10) : (7, 8)
        for index in 0..<extractor.count(types) {
            guard let type = extractor.string(types, element: index),
                let id = number(extractor.string(ids, element: index)),
                let kind = GeneratedPost.Reference.Kind(rawValue: String(decoding: type, as: UTF8.self))
            else { continue }
            made.references.append(GeneratedPost.Reference(kind: kind, id: id))
        }
        made.mediaKeys = (0..<extractor.count(11)).compactMap { quoted(11, $0).map(JSONString.decode) }
        return true
    }

    /// The post as it stands at a time, by the laws that hold for all posts.
    func post(by law: PostLaw, at time: Timestamp) -> SimulatedPost {
        let first = made.earlierVersions.first ?? made.id
        let reposted = made.references.first { $0.kind == .retweeted }?.id
        var state = SimulatedPost.State.visible
        if let deletion = law.deletion(of: first), time >= deletion {
            state = .deleted
        } else if hasAuthor {
            state = law.state(ofAuthor: made.author, at: time)
        }
        // A repost goes with its original.
        if let reposted, state == .visible, let deletion = law.deletion(of: reposted), time >= deletion {
            state = .deleted
        }
        return SimulatedPost(
            id: made.id,
            authorID: Authors.id(made.author),
            state: state,
            counts: reposted.map { SimulatedPost.Counts(reposts: law.counts(of: $0, at: time).reposts) }
                ?? law.counts(of: made.id, at: time),
            editHistory: made.earlierVersions + [made.id],
            withheldCountries: law.withheldCountries(of: first, at: time),
            repostedID: reposted
        )
    }
}
