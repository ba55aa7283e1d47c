public import Time

/// One document: where its bytes stand in its batch, and the values that sinks keep as columns.
///
/// Every range lies inside `json` and covers the raw content of a JSON string, quotes left out and escapes kept as X sent
/// them; `DocumentBatch.string(_:)` decodes one. A value that the post does not have is nil, and left out of the JSON.
public struct Document: Sendable {
    /// The number of its source, as the batch had it when the document was added.
    public var source = 0
    /// The journal offset of the first byte of the record that it came from.
    public var offset: UInt64
    /// Its number among the documents of that record, from 0.
    public var ordinal: Int
    /// The version that decides which of two documents of a post is the newer one; see `DocumentVersion`.
    public var version: UInt64
    /// Where its counts come from.
    public var origin: DocumentClass
    /// Of a tombstone: whether the post is only an older version of an edited one.
    public var isSuperseded = false
    /// Of such a tombstone, the id of the newest version; it stands in no field of the JSON.
    public var newestID: UInt64?
    /// Of the tombstone of a post that the stream showed as withheld: how it was seen, which stands in no field of the JSON.
    public var hidden: ShownPost?
    /// What the post is to the posts it refers to.
    public var postKind: PostKind
    /// Of a repost, the id of the post that it repeats; it stands in no field of the JSON.
    public var repostedID: UInt64?
    /// The bytes of the whole JSON object in the batch, without `version` and without a line feed.
    public var json: Range<Int>
    /// The post's id: `tweet_id`, and the `_id` of the document.
    public var tweetID: Range<Int>
    /// The tag of the first matching rule: `category`.
    public var category: Range<Int>?
    /// The tags of all matching rules, a JSON array: `categories`.
    public var categories: Range<Int>?
    /// The post's words: `text`.
    public var text: Range<Int>?
    /// The author's id: `author_id`.
    public var authorID: Range<Int>?
    /// The language that X saw in it: `lang`.
    public var lang: Range<Int>?
    /// When it was written, as X sent it: `created_at`.
    public var createdAt: Range<Int>?
    /// When these counts arrived: `observed_at`.
    public var observedAt: Timestamp
    /// The arrival of the stream sighting in milliseconds since 1970 UTC: `timestamp`.
    public var timestampMilliseconds: Int64?
    /// How often it was reposted: `retweets`.
    public var retweets: Int64?
    /// How many replies it has: `replies`.
    public var replies: Int64?
    /// How many like it: `likes`.
    public var likes: Int64?
    /// How often it was quoted: `quotes`.
    public var quotes: Int64?
}

/// How the stream showed a post: what is needed to look it up again.
///
/// The ranges lie in the batch; of a post that is hidden, outside the document's JSON.
public struct ShownPost: Sendable {
    /// The tags of all matching rules, a JSON array; nil where none has one.
    public var categories: Range<Int>?
    /// Whether the first matching rule has a tag.
    public var hasCategory: Bool
    /// The author's id.
    public var authorID: Range<Int>?
    /// What the post is to the posts it refers to.
    public var postKind: PostKind
    /// Of a repost, the id of the post that it repeats.
    public var repostedID: UInt64?

    /// Takes what was seen.
    public init(
        categories: Range<Int>?,
        hasCategory: Bool,
        authorID: Range<Int>?,
        postKind: PostKind,
        repostedID: UInt64?
    ) {
        self.categories = categories
        self.hasCategory = hasCategory
        self.authorID = authorID
        self.postKind = postKind
        self.repostedID = repostedID
    }
}

/// The number that orders the documents of a post: the newest one wins in every sink.
public enum DocumentVersion {
    /// The version of a document: (arrival in µs + the record's ordinal within its delivery) × 4 + class.
    ///
    /// The journal keeps arrivals apart by as many microseconds as a delivery completed records, so no two records of
    /// a source share one. Times before 1970 count as 1970.
    public static func make(arrival: Timestamp, ordinal: Int, origin: DocumentClass) -> UInt64 {
        UInt64(max(arrival.rawValue &+ Int64(ordinal), 0)) &* 4 &+ origin.rawValue
    }
}
