internal import HTTPServer

/// The objects that a client asked for in `includes`.
struct PostExpansions: OptionSet, Sendable {
    let rawValue: UInt8

    static let author = PostExpansions(rawValue: 1)
    static let media = PostExpansions(rawValue: 2)
    static let references = PostExpansions(rawValue: 4)
    static let referencesAuthor = PostExpansions(rawValue: 8)
    static let referencesMedia = PostExpansions(rawValue: 16)
    static let history = PostExpansions(rawValue: 32)

    private static let names: [String: PostExpansions] = [
        "author_id": .author, "attachments.media_keys": .media, "referenced_tweets.id": .references,
        "referenced_posts": .references, "referenced_tweets.id.author_id": [.references, .referencesAuthor],
        "referenced_tweets.id.attachments.media_keys": [.references, .referencesMedia],
        "edit_history_tweet_ids": .history, "edit_history_post_ids": .history,
    ]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Reads a comma list; objects that the simulator's posts never have are let pass.
    init(list: String?) {
        self = (list ?? "").split(separator: ",").reduce(into: []) { $0.formUnion(Self.names[String($1)] ?? []) }
    }

    /// The fields of a post that hold what is expanded.
    var fields: PostFields {
        var fields: PostFields = []
        if contains(.author) { fields.insert(.authorID) }
        if contains(.media) { fields.insert(.attachments) }
        if contains(.references) { fields.insert(.references) }
        if contains(.history) { fields.insert(.history) }
        return fields
    }
}

/// How a client wants to see posts: which fields and objects, in which spelling.
struct PostView: Sendable {
    var spelling: FieldSpelling
    var fields: PostFields
    var expansions: PostExpansions = []
    /// Fields of users besides id, name and username.
    var userFields: Set<String> = []
    /// Fields of media besides key and type.
    var mediaFields: Set<String> = []
    /// The parameter that lists the fields, as far as the request shows which spelling its client has.
    private var parameter: String?

    /// A view of some fields, without expansions.
    init(spelling: FieldSpelling = .tweet, fields: PostFields = .history) {
        self.spelling = spelling
        self.fields = fields
    }

    /// Reads a request; unknown names in it are let pass.
    ///
    /// - Parameter spelling: of the answer to a request that shows none of its own.
    init(_ request: HTTPRequest, spelling: FieldSpelling) {
        func set(_ name: String) -> Set<String> {
            Set((request.value(name) ?? "").split(separator: ",").map(String.init))
        }
        expansions = PostExpansions(list: request.value("expansions"))
        userFields = set("user.fields")
        mediaFields = set("media.fields")
        if let list = request.value("post.fields") {
            parameter = "post.fields"
            self.spelling = .post
            fields = PostFields(list: list).subtracting(.history)
        } else {
            parameter = request.value("tweet.fields").map { _ in "tweet.fields" }
            self.spelling = spelling
            fields = PostFields(list: request.value("tweet.fields"))
        }
        // What is expanded is asked for.
        fields.formUnion(expansions.fields)
    }

    /// The expansions that a lookup in this spelling may have; both spellings' where the request shows none.
    var expansionNames: [String] {
        switch parameter {
        case "post.fields": FieldNames.postExpansions
        case "tweet.fields": FieldNames.tweetExpansions
        default: FieldNames.tweetExpansions + FieldNames.postExpansions
        }
    }

    /// The fields of users that a lookup in this spelling may have.
    var userNames: [String] {
        parameter == "post.fields" ? FieldNames.lookupUser : FieldNames.streamUser + FieldNames.lookupUser
    }
}
