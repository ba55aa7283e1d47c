internal import JSON

/// Where the values of a post stand in a record.
///
/// X has an old and a new spelling of some names. Each has its slot, so that the new one counts wherever it stands.
enum PostPlan {
    static let data = 0, errors = 1, id = 2, text = 3, createdAt = 4, authorID = 5, lang = 6
    static let retweets = 7, replies = 8, likes = 9, quotes = 10, references = 11, tags = 12
    static let newRetweets = 13, newReferences = 14

    static let plan = JSONPlan([
        .init(
            "data",
            .object([
                .init("id", .string, slot: id),
                .init("text", .string, slot: text),
                .init("created_at", .string, slot: createdAt),
                .init("author_id", .string, slot: authorID),
                .init("lang", .string, slot: lang),
                .init(
                    "public_metrics",
                    .object([
                        .init("retweet_count", .integer, slot: retweets),
                        .init("repost_count", .integer, slot: newRetweets),
                        .init("reply_count", .integer, slot: replies),
                        .init("like_count", .integer, slot: likes),
                        .init("quote_count", .integer, slot: quotes),
                    ])
                ),
                .init("referenced_tweets", .each([.init("type", .string, slot: references)])),
                .init("referenced_posts", .each([.init("type", .string, slot: newReferences)])),
            ]),
            slot: data
        ),
        .init("errors", .present, slot: errors),
        .init("matching_rules", .each([.init("tag", .string, slot: tags)])),
    ])
}
