internal import JSON

/// Where the values of a post stand in a record.
///
/// X has an old and a new spelling of some names. Each has its slot, so that the new one counts wherever it stands.
enum PostPlan {
    static let data = 0, errors = 1, id = 2, text = 3, createdAt = 4, authorID = 5, lang = 6
    static let retweets = 7, replies = 8, likes = 9, quotes = 10, references = 11, tags = 12
    static let newRetweets = 13, newReferences = 14
    static let editHistory = 15, newEditHistory = 16, withheld = 17
    static let referenceIDs = 18, newReferenceIDs = 19
    static let problemTitle = 20, problemType = 21

    /// A record of the stream.
    static let stream = JSONPlan([
        .init("data", .object(post), slot: data),
        .init("errors", .present, slot: errors),
        .init("matching_rules", .each([.init("tag", .string, slot: tags)])),
        .init("title", .present, slot: problemTitle),
        .init("type", .present, slot: problemType),
    ])

    /// A post by itself, as it stands in the answer of a lookup.
    static let lookup = JSONPlan(post)

    private static let post: [JSONPlan.Member] = [
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
        .init(
            "referenced_tweets",
            .each([.init("type", .string, slot: references), .init("id", .string, slot: referenceIDs)])
        ),
        .init(
            "referenced_posts",
            .each([.init("type", .string, slot: newReferences), .init("id", .string, slot: newReferenceIDs)])
        ),
        .init("edit_history_tweet_ids", .items, slot: editHistory),
        .init("edit_history_post_ids", .items, slot: newEditHistory),
        .init("withheld", .present, slot: withheld),
    ]
}
