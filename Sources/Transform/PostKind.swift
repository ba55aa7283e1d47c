/// What a post is to the posts it refers to: the document's field `kind`.
///
/// A post that quotes in a reply is a `quote`: the first of retweeted, quoted, replied_to decides.
public enum PostKind: UInt8, Sendable, CaseIterable {
    /// It refers to no other post.
    case post
    /// It repeats another post unchanged (`retweeted`).
    case repost
    /// It shows another post under its own text (`quoted`).
    case quote
    /// It answers another post (`replied_to`).
    case reply

    /// The word in documents and tables: `post`, `repost`, `quote` or `reply`.
    public var name: StaticString {
        switch self {
        case .post: "post"
        case .repost: "repost"
        case .quote: "quote"
        case .reply: "reply"
        }
    }

    /// The kind that a word names; nil for another word.
    init?(name: UnsafeRawBufferPointer) {
        let known = PostKind.allCases.first { kind in
            let word = kind.name
            return name.elementsEqual(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        guard let known else { return nil }
        self = known
    }
}

/// Where a document's counts come from; its raw value is the class in the document's version.
public enum DocumentClass: UInt64, Sendable {
    /// Counts as the stream delivered them with the post.
    case stream = 1
    /// Counts that a lookup brought later.
    case lookup = 2
    /// The post is gone; the document says only that.
    case tombstone = 3
}
