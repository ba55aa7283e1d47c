internal import Time

/// Where a record stands in the journal, and when it came.
struct RecordPlace {
    /// Its first byte.
    let offset: UInt64
    /// When the delivery that completed it arrived.
    let arrival: Timestamp
    /// How many records that delivery had completed before it.
    let ordinal: Int
}

/// When and by which rules the stream showed a post that was looked up.
struct Sighting {
    let arrival: Timestamp
    /// The raw contents of the rules' tags, escapes included; nil for a rule without one.
    let tags: [UnsafeRawBufferPointer?]
    /// The raw content of its author's id; nil where it is not known.
    var author: UnsafeRawBufferPointer?
    /// What it is to the posts it refers to.
    var kind = PostKind.post
    /// Of a repost, the post that it repeats.
    var repostedID: UInt64?
    /// The newest version of a post that was edited since.
    var newestID: UInt64?

    /// What it adds to a document, at most.
    var byteCount: Int { tags.reduce(author?.count ?? 0) { $0 + ($1?.count ?? 0) + 3 } }
}
