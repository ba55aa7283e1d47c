/// The parameter by which a request lists the fields of posts, and with it the spelling of their names.
///
/// X's description of its API (2.167, August 2026) names `post.fields` for lookups and `tweet.fields` for streams. Some fields of
/// the one are expansions of the other.
public enum FieldsParameter: String, Sendable, Hashable, CaseIterable {
    /// The names that streams take: `referenced_tweets`, `edit_history_tweet_ids`, `note_tweet`.
    case tweet = "tweet.fields"
    /// The names that lookups take: `note_post`; author, references and history are expansions.
    case post = "post.fields"

    /// A field or expansion in both spellings.
    private struct Name {
        let tweet: String
        let post: String
    }

    /// Fields of `tweet.fields` that are expansions beside `post.fields`.
    private static let expanded = [
        Name(tweet: "author_id", post: "author_id"),
        Name(tweet: "referenced_tweets", post: "referenced_posts"),
        Name(tweet: "edit_history_tweet_ids", post: "edit_history_post_ids"),
        Name(tweet: "in_reply_to_user_id", post: "in_reply_to_user_id"),
    ]

    private static let renamedFields = [Name(tweet: "note_tweet", post: "note_post")]

    private static let renamedExpansions = [
        Name(tweet: "referenced_tweets.id", post: "referenced_posts"),
        Name(tweet: "edit_history_tweet_ids", post: "edit_history_post_ids"),
    ]

    /// Fields and expansions in this spelling; names that X never renamed stay as they are.
    ///
    /// - Parameters:
    ///   - fields: names in either spelling.
    ///   - expansions: names in either spelling.
    public func spelled(fields: [String], expansions: [String]) -> (fields: [String], expansions: [String]) {
        var spelledFields: [String] = []
        var spelledExpansions: [String] = []
        func add(_ name: String, to list: inout [String]) {
            if !list.contains(name) { list.append(name) }
        }
        for field in fields {
            if let name = Self.find(field, Self.expanded) {
                if self == .tweet {
                    add(name.tweet, to: &spelledFields)
                } else {
                    add(name.post, to: &spelledExpansions)
                }
            } else {
                let name = Self.find(field, Self.renamedFields)
                add(name.map(spelled) ?? field, to: &spelledFields)
            }
        }
        for expansion in expansions {
            let name = Self.find(expansion, Self.renamedExpansions)
            add(name.map(spelled) ?? expansion, to: &spelledExpansions)
        }
        return (spelledFields, spelledExpansions)
    }

    /// The fields that a lookup needs of a post that the stream has shown.
    ///
    /// Its author and references never change, and beside `post.fields` they bring objects in `includes`, which X may bill. The edit
    /// history does change; what it brings is the post itself, and the versions of the few posts that were edited.
    public func lookupFields(_ fields: [String]) -> [String] {
        let fixed = Self.expanded.filter { !$0.tweet.hasPrefix("edit_history") }
        return self == .tweet ? fields : fields.filter { Self.find($0, fixed) == nil }
    }

    private func spelled(_ name: Name) -> String { self == .tweet ? name.tweet : name.post }

    private static func find(_ text: String, _ names: [Name]) -> Name? {
        names.first { $0.tweet == text || $0.post == text }
    }
}
