internal import Numbers
public import Time

/// How many posts an index holds and how many likes they have, by category, at one moment.
public struct IndexSummary: Equatable, Sendable {
    /// The posts of one category.
    public struct Category: Equatable, Sendable {
        /// The category's name; empty for posts without one.
        public let name: String
        /// All its posts.
        public let total: Int
        /// Its posts since the time that was asked for.
        public let recent: Int
        /// The likes of all its posts.
        public let likes: Int
        /// Its posts whose likes are known.
        public let counted: Int

        /// Makes the counts of a category.
        public init(name: String, total: Int, recent: Int, likes: Int = 0, counted: Int = 0) {
            self.name = name
            self.total = total
            self.recent = recent
            self.likes = likes
            self.counted = counted
        }
    }

    /// The categories that have a post, in the order of their names.
    public let categories: [Category]
    /// When the newest counts were observed; nil where the index is empty.
    public let newest: Timestamp?

    /// The minute in which the oldest of the likes were observed; nil where no likes are known.
    public let oldestLikes: Timestamp?
    /// The minute in which the newest of the likes were observed; nil where no likes are known.
    public let newestLikes: Timestamp?

    /// Makes a summary.
    public init(
        categories: [Category],
        newest: Timestamp?,
        oldestLikes: Timestamp? = nil,
        newestLikes: Timestamp? = nil
    ) {
        self.categories = categories
        self.newest = newest
        self.oldestLikes = oldestLikes
        self.newestLikes = newestLikes
    }

    /// All posts.
    public var total: Int { categories.map(\.total).saturatingSum() }
    /// The posts since the time that was asked for.
    public var recent: Int { categories.map(\.recent).saturatingSum() }
    /// All likes.
    public var likes: Int { categories.map(\.likes).saturatingSum() }
    /// The posts whose likes are known.
    public var counted: Int { categories.map(\.counted).saturatingSum() }
}

/// Posts by category along time: buckets of equal length.
public struct IndexTimeline: Equatable, Sendable {
    /// The posts of one category.
    public struct Series: Equatable, Sendable {
        /// The category's name; empty for posts without one.
        public let category: String
        /// Its posts in each bucket, oldest first.
        public let counts: [Int]
    }

    /// Where the first bucket begins.
    public let start: Timestamp
    /// The length of a bucket in minutes.
    public let bucketMinutes: Int
    /// The categories that have a post in one of the buckets, in the order of their names.
    public let series: [Series]
}
