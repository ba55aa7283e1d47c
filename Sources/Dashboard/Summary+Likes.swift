internal import Index
internal import Numbers
internal import Time

extension Summary {
    /// A post among the most liked, with its text as a stranger wrote it.
    struct LikedPost: Codable, Equatable, Sendable {
        /// The post's id, digits only.
        var id: String
        /// Its first words; missing where it has none.
        var text: String?
        /// Its category's name; missing where it has none.
        var category: String?
        /// The side it counts for; missing for neither.
        var side: String?
        /// Its likes.
        var likes: Int
        /// When they were observed, RFC 3339.
        var observedAt: String
        /// What came to the likes observed before, negative where likes were taken back; missing where there were none.
        var gained: Int?
        /// When those before were observed, RFC 3339.
        var gainedSince: String?

        init(_ post: Index.LikedPost, sides: [Dashboard.Side]) {
            id = post.id
            text = post.text
            category = post.category.isEmpty ? nil : post.category
            side = Dashboard.Side.of(post.category, among: sides)?.name
            likes = post.newest.likes
            observedAt = post.newest.observedAt.rfc3339
            // What a stream may say is any number of 64 bits.
            gained = post.earlier.map { post.newest.likes.saturatingSubtract($0.likes) }
            gainedSince = post.earlier?.observedAt.rfc3339
        }
    }

    /// How many of the most liked posts are shown.
    static let mostLikedLimit = 5
    /// The time within which the likes of the most liked were observed.
    static let mostLikedSpan = Duration.seconds(3_600)
}
