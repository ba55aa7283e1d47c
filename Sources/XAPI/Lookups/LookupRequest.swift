public import HTTPClient

/// What posts are looked up with: `GET /2/tweets`.
public struct LookupRequest: Sendable, Hashable {
    /// The ids, 1 to 100, each once.
    public var ids: [UInt64]
    /// Fields of each post.
    public var fields: [String]
    /// Objects to be sent along in `includes`; X may bill them, so none by default.
    public var expansions: [String]
    /// The name of the parameter that lists the fields: X's description of 2026-08 calls it `post.fields`, its pages `tweet.fields`.
    public var fieldsParameter: String

    /// The stream's own fields, because sinks replace whole documents, and whether a post is withheld, because it is hidden then.
    public static let defaultFields = StreamRequest.defaultFields + ["withheld"]

    /// Posts in one request, at most.
    public static let idLimit = 100

    /// Makes a request; it asks for `defaultFields` unless told otherwise.
    public init(
        ids: [UInt64],
        fields: [String] = LookupRequest.defaultFields,
        expansions: [String] = [],
        fieldsParameter: String = "tweet.fields"
    ) {
        self.ids = ids
        self.fields = fields
        self.expansions = expansions
        self.fieldsParameter = fieldsParameter
    }

    /// The request as it is sent.
    public func httpRequest(_ endpoint: XEndpoint, _ token: BearerToken) -> HTTPClientRequest {
        let query = [
            (name: "ids", value: ids.map { String($0) }.joined(separator: ",")),
            (name: fieldsParameter, value: fields.joined(separator: ",")),
            (name: "expansions", value: expansions.joined(separator: ",")),
        ]
        var request = HTTPClientRequest(url: endpoint.url("/2/tweets", query), authorization: token.authorization)
        // X may bill each time it is asked.
        request.isSentOnce = true
        return request
    }
}

/// A complete answer to a lookup, as it came.
public struct LookupAnswer: Sendable {
    /// The body: one JSON object.
    public let body: [UInt8]
    /// What is left of the window of requests.
    public let rateLimit: RateLimit
    /// X's own time, from the `Date` field.
    public let date: String?
}

extension XAPIClient {
    /// Looks posts up.
    ///
    /// - Throws: `XAPIError`: `refused` with status, problem and rate limit; `unreachable` where no whole answer came: whether X
    ///   billed it is unknown then; `unexpectedAnswer` and `foreignAnswer` where the answer is no JSON object.
    public func lookup(_ lookup: LookupRequest) throws(XAPIError) -> LookupAnswer {
        let request = lookup.httpRequest(endpoint, token)
        let answer = try send(request, bodyLimit: Self.lookupByteLimit)
        guard answer.status == 200 else { throw refusal(request, answer) }
        guard JSONShape.isObject(answer.body) else { throw .unreadable(request, answer) }
        return LookupAnswer(
            body: answer.body,
            rateLimit: rateLimit(answer.head),
            date: answer.head.header("date")
        )
    }

    /// A hundred posts with all their fields are far smaller; the journal takes lines of 4 MiB.
    private static let lookupByteLimit = 4 << 20
}
