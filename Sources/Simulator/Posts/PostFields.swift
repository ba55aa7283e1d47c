/// The fields of a post that a client asked for; id and text always come.
struct PostFields: OptionSet, Sendable {
    let rawValue: UInt16

    static let attachments = PostFields(rawValue: 1)
    static let authorID = PostFields(rawValue: 2)
    static let createdAt = PostFields(rawValue: 4)
    static let lang = PostFields(rawValue: 8)
    static let paidPartnership = PostFields(rawValue: 16)
    static let possiblySensitive = PostFields(rawValue: 32)
    static let publicMetrics = PostFields(rawValue: 64)
    static let references = PostFields(rawValue: 128)
    static let conversationID = PostFields(rawValue: 256)
    static let withheld = PostFields(rawValue: 512)
    /// Comes always in the old spelling, and beside `post.fields` as an expansion.
    static let history = PostFields(rawValue: 1_024)

    private static let names: [String: PostFields] = [
        "attachments": .attachments, "author_id": .authorID, "created_at": .createdAt, "lang": .lang,
        "paid_partnership": .paidPartnership, "possibly_sensitive": .possiblySensitive,
        "public_metrics": .publicMetrics, "referenced_tweets": .references, "referenced_posts": .references,
        "conversation_id": .conversationID,
        "withheld": .withheld,
    ]

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Reads a comma list, and adds the edit history; names of fields that the simulator never writes are let pass.
    init(list: String?) {
        self = (list ?? "").split(separator: ",").reduce(into: .history) { $0.formUnion(Self.names[String($1)] ?? []) }
    }
}

/// How X spells the names that it changed in August 2026.
public enum FieldSpelling: String, CaseIterable, Sendable {
    /// `edit_history_tweet_ids`, `referenced_tweets`, `retweet_count`: what streams sent all along.
    case tweet
    /// `edit_history_post_ids`, `referenced_posts`, `repost_count`: what the newest API description says.
    case post
}
