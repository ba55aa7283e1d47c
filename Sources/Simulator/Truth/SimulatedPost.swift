public import Time

/// A post as it stands at X at one time.
public struct SimulatedPost: Equatable, Sendable {
    /// What a lookup may see of it.
    public enum State: Equatable, Sendable {
        /// All of it.
        case visible
        /// Nothing: the answer is resource-not-found.
        case deleted
        /// Nothing, since its author's posts are for followers: the answer is not-authorized-for-resource.
        case protected
        /// Nothing, since its author is suspended; the answer is the same.
        case suspended
    }

    /// How often others did something with it.
    public struct Counts: Equatable, Sendable {
        /// Likes.
        public var likes = 0
        /// Reposts, which streams call retweets.
        public var reposts = 0
        /// Replies.
        public var replies = 0
        /// Quotes.
        public var quotes = 0
        /// Bookmarks.
        public var bookmarks = 0
        /// Impressions.
        public var impressions = 0

        /// Makes counts, zero unless told otherwise.
        public init(
            likes: Int = 0,
            reposts: Int = 0,
            replies: Int = 0,
            quotes: Int = 0,
            bookmarks: Int = 0,
            impressions: Int = 0
        ) {
            self.likes = likes
            self.reposts = reposts
            self.replies = replies
            self.quotes = quotes
            self.bookmarks = bookmarks
            self.impressions = impressions
        }
    }

    /// The time that an id holds.
    public static func creation(of id: UInt64) -> Timestamp { PostLaw.creation(of: id) }

    /// Its id.
    public let id: UInt64
    /// Its author's id.
    public let authorID: UInt64
    /// What a lookup may see of it.
    public let state: State
    /// Its counts, whatever its state; a repost has its original's reposts and else zeros.
    public let counts: Counts
    /// The ids of its versions so far, oldest first; its own is one of them.
    public let editHistory: [UInt64]
    /// The countries it is withheld in; empty as a rule.
    public let withheldCountries: [String]
    /// The post that it reposts; nil where it is no repost.
    public let repostedID: UInt64?
}
