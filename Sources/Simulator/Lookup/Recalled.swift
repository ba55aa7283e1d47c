/// What the generator is told to make a post again.
struct Recalled: Sendable {
    let id: UInt64
    let author: Int
    let circumstances: PostMemory.Circumstances
    /// The earlier post that it refers to, its text only where asked for.
    let original: @Sendable (_ withText: Bool) -> PostGenerator.Original?
}

extension PostGenerator.Original {
    init(_ draft: PostGenerator.Draft) {
        self.init(
            id: draft.post.id,
            author: draft.post.author,
            lang: draft.post.lang,
            text: draft.post.text,
            mediaKeys: draft.post.mediaKeys,
            terms: draft.terms
        )
    }
}

extension PostGenerator.Draft {
    /// A post of its own out of one that was made up for another; nil where there is none.
    init?(_ original: PostGenerator.Original?, rule: SimulatedRule) {
        guard let original else { return nil }
        self.init(terms: original.terms, rule: rule)
        post.id = original.id
        post.milliseconds = PostClock.milliseconds(of: original.id)
        post.conversation = original.id
        post.author = original.author
        post.lang = original.lang
        post.text = original.text
        post.mediaKeys = original.mediaKeys
    }
}

extension GeneratedPost {
    mutating func take(_ counts: SimulatedPost.Counts) {
        likeCount = counts.likes
        repostCount = counts.reposts
        replyCount = counts.replies
        quoteCount = counts.quotes
        bookmarkCount = counts.bookmarks
        impressionCount = counts.impressions
    }
}
