public import HTTPClient

/// What the filtered stream is asked for: `GET /2/tweets/search/stream`.
public struct StreamRequest: Sendable, Hashable {
    /// Fields of each post, asked for as `tweet.fields`.
    public var fields: [String]
    /// Objects to be sent along in `includes`; X may bill them, so none by default.
    public var expansions: [String]

    /// What a document needs, and whether a post is withheld, because it is hidden then; no more.
    public static let defaultFields = [
        "public_metrics", "created_at", "author_id", "lang", "attachments", "referenced_tweets", "possibly_sensitive",
        "paid_partnership", "edit_history_tweet_ids", "withheld",
    ]

    /// Makes a request; the defaults are `defaultFields` and no expansions.
    public init(fields: [String] = StreamRequest.defaultFields, expansions: [String] = []) {
        self.fields = fields
        self.expansions = expansions
    }

    /// The request as it is sent: no `Accept-Encoding`, so that the bytes of the body are the bytes of X.
    public func httpRequest(_ endpoint: XEndpoint, _ token: BearerToken) -> HTTPClientRequest {
        let parameter = FieldsParameter.tweet
        let names = parameter.spelled(fields: fields, expansions: expansions)
        let query = [
            (name: parameter.rawValue, value: names.fields.joined(separator: ",")),
            (name: "expansions", value: names.expansions.joined(separator: ",")),
        ]
        return HTTPClientRequest(
            url: endpoint.url("/2/tweets/search/stream", query),
            authorization: token.authorization
        )
    }
}
