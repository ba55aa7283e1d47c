/// A made-up post on its way into JSON.
struct GeneratedPost {
    /// How a post refers to another.
    struct Reference {
        enum Kind: String {
            case retweeted, quoted
            case repliedTo = "replied_to"
        }

        let kind: Kind
        let id: UInt64
    }

    var id: UInt64 = 0
    var milliseconds: Int64 = 0
    var author = 0
    var lang = "en"
    /// UTF-8, not escaped.
    var text: [UInt8] = []
    var references: [Reference] = []
    var conversation: UInt64 = 0
    var mediaKeys: [String] = []
    var repostCount = 0
    var replyCount = 0
    var likeCount = 0
    var quoteCount = 0
    var bookmarkCount = 0
    var impressionCount = 0
    var isSensitive = false
    var isPaid = false
    /// The versions before this one, oldest first, and after it.
    var earlierVersions: [UInt64] = []
    var laterVersions: [UInt64] = []
    var withheldCountries: [String] = []
}
