internal import SQLite
public import Time

/// A post among the most liked, as it stands in the index.
public struct LikedPost: Equatable, Sendable {
    /// Likes and when they were observed.
    public struct Reading: Equatable, Sendable {
        /// The post's likes.
        public let likes: Int
        /// When they were observed.
        public let observedAt: Timestamp

        /// Makes a reading.
        public init(likes: Int, observedAt: Timestamp) {
            self.likes = likes
            self.observedAt = observedAt
        }
    }

    /// The post's id: 1 to 19 digits.
    public let id: String
    /// Its category; empty for none.
    public let category: String
    /// The first words of its text, as a stranger wrote them; nil where it has none.
    public let text: String?
    /// The newest likes.
    public let newest: Reading
    /// The likes before; nil where these are the first.
    public let earlier: Reading?

    /// Makes a post.
    public init(id: String, category: String, text: String?, newest: Reading, earlier: Reading?) {
        self.id = id
        self.category = category
        self.text = text
        self.newest = newest
        self.earlier = earlier
    }
}

/// Finds the posts with the most likes among those whose likes were observed lately.
///
/// Each minute's posts stand in the index by their likes, so it takes a few rows of each minute, however many there are.
struct MostLiked {
    private let ofMinute: Statement
    private let post: Statement
    private let earlier: Statement
    private static let textLimit = 280

    /// Asks for the most liked of a minute, in the same words as the index `liked`, or SQLite would not use it.
    static let ofMinuteSQL =
        "SELECT tweet_id, likes FROM documents "
        + "WHERE observed_at / 60000000 = ?1 AND likes > 0 AND gone = 0 "
        + "ORDER BY likes DESC, tweet_id LIMIT ?2"

    init(_ connection: Connection) throws(SQLiteError) {
        ofMinute = try connection.prepare(Self.ofMinuteSQL)
        post = try connection.prepare(
            "SELECT category, substr(text, 1, \(Self.textLimit)), length(text), observed_at, version "
                + "FROM documents WHERE tweet_id = ?"
        )
        earlier = try connection.prepare(
            "SELECT likes, observed_at FROM observations WHERE tweet_id = ? AND version < ? AND likes IS NOT NULL "
                + "ORDER BY version DESC LIMIT 1"
        )
    }

    /// The posts, most likes first, equal ones by their id.
    func find(minutes: ClosedRange<Int64>, limit: Int) throws -> [LikedPost] {
        defer { for statement in [ofMinute, post, earlier] { statement.reset() } }
        var best: [(id: String, likes: Int64)] = []
        for minute in minutes.reversed() {
            try ofMinute.bind(minute, at: 0)
            try ofMinute.bind(Int64(limit), at: 1)
            let before = best.count
            // Once there are enough, only as many likes as the last of them has are worth a look.
            let least = before == limit ? best[limit - 1].likes : 1
            while try ofMinute.step(), ofMinute.int64(1) >= least {
                best.append((ofMinute.string(0) ?? "", ofMinute.int64(1)))
            }
            ofMinute.reset()
            guard best.count > before else { continue }
            best.sort { ($1.likes, $0.id) < ($0.likes, $1.id) }
            if best.count > limit { best.removeLast(best.count - limit) }
        }
        return try best.map { try describe($0.id, likes: $0.likes) }
    }

    private func describe(_ id: String, likes: Int64) throws -> LikedPost {
        try post.bind(id, at: 0)
        defer {
            post.reset()
            earlier.reset()
        }
        guard try post.step() else { throw SQLiteError(code: 11, message: "post \(id) is in an index alone") }
        try earlier.bind(id, at: 0)
        try earlier.bind(post.int64(4), at: 1)
        func reading(_ likes: Int64, _ time: Int64) -> LikedPost.Reading {
            .init(likes: Int(likes), observedAt: Timestamp(microseconds: time))
        }
        return LikedPost(
            id: id,
            category: post.string(0) ?? "",
            text: post.string(1).map { post.int64(2) > Int64(Self.textLimit) ? $0 + "…" : $0 },
            newest: reading(likes, post.int64(3)),
            earlier: try earlier.step() ? reading(earlier.int64(0), earlier.int64(1)) : nil
        )
    }
}
