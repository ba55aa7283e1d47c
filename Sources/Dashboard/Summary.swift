internal import Index
internal import Numbers
internal import Time

/// What the page shows but for the timeline; as JSON the answer of `/api/summary` and the data of each event.
struct Summary: Codable, Equatable, Sendable {
    struct Side: Codable, Equatable, Sendable {
        /// The side's name, `cats`.
        var name: String
        /// All its posts.
        var total: Int
        /// Its posts of today.
        var today: Int
        /// The likes of all its posts.
        var likes: Int = 0
        /// Its posts whose likes are known.
        var counted: Int = 0
    }

    struct Category: Codable, Equatable, Sendable {
        /// The category's name as its rule gives it.
        var name: String
        /// The side it counts for; missing for neither.
        var side: String?
        /// All its posts.
        var total: Int
        /// Its posts of today.
        var today: Int
        /// The likes of all its posts.
        var likes: Int = 0
        /// Its posts whose likes are known.
        var counted: Int = 0
    }

    /// The sentence that says who is winning.
    var headline: String
    /// The figures behind it.
    var detail: String
    /// The leading side's name; missing where none leads.
    var leader: String?
    /// The sentence that says who is winning by likes.
    var likesHeadline: String
    /// The figures behind it.
    var likesDetail: String
    /// The side that leads by likes; missing where none leads.
    var likesLeader: String?
    /// When the index was read, RFC 3339.
    var asOf: String
    /// When the newest counts were observed, RFC 3339; missing in an empty index.
    var newest: String?
    /// The day that `today` means, UTC.
    var day: String
    /// All posts.
    var total: Int
    /// All posts of today.
    var today: Int
    /// All likes.
    var likes: Int
    /// The posts whose likes are known; likes a post are of these.
    var counted: Int
    /// The minute in which the oldest of the likes were observed, RFC 3339; missing where no likes are known.
    var oldestLikes: String?
    /// The minute in which the newest of the likes were observed, RFC 3339; missing where no likes are known.
    var newestLikes: String?
    /// The posts with the most likes among those whose likes were observed in the last hour, most liked first.
    var mostLiked: [LikedPost]
    /// The sides, in the order of the settings.
    var sides: [Side]
    /// The categories: those of the first side first, largest first within a side.
    var categories: [Category]

    /// The most categories that are told apart; the smallest ones beyond become one entry.
    static let categoryLimit = 24
    /// The name of that entry.
    static let rest = "all other categories"
    /// What posts without a category are called.
    static let nameless = "without a category"

    init(_ index: IndexSummary, mostLiked: [Index.LikedPost] = [], sides: [Dashboard.Side], now: Timestamp) {
        var categories = index.categories.map {
            Category(
                name: $0.name.isEmpty ? Self.nameless : $0.name,
                side: Dashboard.Side.of($0.name, among: sides)?.name,
                total: $0.total,
                today: $0.recent,
                likes: $0.likes,
                counted: $0.counted
            )
        }
        self.sides = sides.map { side in
            let own = categories.filter { $0.side == side.name }
            return Side(
                name: side.name,
                total: own.map(\.total).saturatingSum(),
                today: own.map(\.today).saturatingSum(),
                likes: own.map(\.likes).saturatingSum(),
                counted: own.map(\.counted).saturatingSum()
            )
        }
        categories.sort { ($0.total, $1.name) > ($1.total, $0.name) }
        if categories.count > Self.categoryLimit {
            let rest = categories[(Self.categoryLimit - 1)...]
            categories.removeLast(rest.count)
            categories.append(
                Category(
                    name: Self.rest,
                    side: nil,
                    total: rest.map(\.total).saturatingSum(),
                    today: rest.map(\.today).saturatingSum(),
                    likes: rest.map(\.likes).saturatingSum(),
                    counted: rest.map(\.counted).saturatingSum()
                )
            )
        }
        let order = sides.map(\.name)
        func rank(_ side: String?) -> Int { side.flatMap { order.firstIndex(of: $0) } ?? order.count }
        self.categories = order.indices.flatMap { place in categories.filter { rank($0.side) == place } }
        self.categories += categories.filter { rank($0.side) == order.count }
        total = index.total
        today = index.recent
        likes = index.likes
        counted = index.counted
        oldestLikes = index.oldestLikes?.rfc3339
        newestLikes = index.newestLikes?.rfc3339
        self.mostLiked = mostLiked.map { LikedPost($0, sides: sides) }
        (headline, detail, leader) = Headline.make(
            sides: self.sides.map { ($0.name, $0.today) },
            today: index.recent,
            total: index.total
        )
        (likesHeadline, likesDetail, likesLeader) = Headline.byLikes(
            sides: self.sides.map { ($0.name, $0.likes) },
            likes: index.likes
        )
        asOf = now.rfc3339
        newest = index.newest?.rfc3339
        day = String(now.rfc3339.prefix(10))
    }
}
