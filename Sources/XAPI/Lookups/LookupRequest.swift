public import HTTPClient

/// What posts are looked up with: `GET /2/tweets`.
public struct LookupRequest: Sendable, Hashable {
    /// The ids, 1 to 100, each once.
    public var ids: [UInt64]
    /// Fields of each post, in either spelling.
    public var fields: [String]
    /// Objects to be sent along in `includes`, in either spelling; X may bill them, so none by default.
    public var expansions: [String]
    /// The parameter that lists the fields: X's description of 2026-08 calls it `post.fields`, its pages `tweet.fields`.
    public var fieldsParameter: FieldsParameter

    /// The stream's own fields, because sinks replace whole documents.
    public static let defaultFields = StreamRequest.defaultFields

    /// Posts in one request, at most.
    public static let idLimit = 100

    /// Makes a request; by default for those of `defaultFields` that may have changed since the stream showed the post.
    public init(
        ids: [UInt64],
        fields: [String] = FieldsParameter.post.lookupFields(LookupRequest.defaultFields),
        expansions: [String] = [],
        fieldsParameter: FieldsParameter = .post
    ) {
        self.ids = ids
        self.fields = fields
        self.expansions = expansions
        self.fieldsParameter = fieldsParameter
    }

    /// The request as it is sent.
    public func httpRequest(_ endpoint: XEndpoint, _ token: BearerToken) -> HTTPClientRequest {
        let names = fieldsParameter.spelled(fields: fields, expansions: expansions)
        let query = [
            (name: "ids", value: ids.map { String($0) }.joined(separator: ",")),
            (name: fieldsParameter.rawValue, value: names.fields.joined(separator: ",")),
            (name: "expansions", value: names.expansions.joined(separator: ",")),
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
    /// Where X does not know the parameter that lists the fields, which it says with a free 400, the other one is used from then on.
    ///
    /// - Throws: `XAPIError`: `refused` with status, problem and rate limit; `unreachable` where no whole answer came: whether X
    ///   billed it is unknown then; `unexpectedAnswer` and `foreignAnswer` where the answer is no JSON object.
    public func lookup(_ lookup: LookupRequest) throws(XAPIError) -> LookupAnswer {
        var lookup = lookup
        if let known = knownFieldsParameter { lookup.fieldsParameter = known }
        let request = lookup.httpRequest(endpoint, token)
        let answer = try send(request, bodyLimit: Self.lookupByteLimit)
        guard answer.status == 200 else {
            let error = refusal(request, answer)
            guard knownFieldsParameter == nil,
                error.problem?.isUnknownParameter(lookup.fieldsParameter.rawValue) == true
            else { throw error }
            knownFieldsParameter = lookup.fieldsParameter == .post ? .tweet : .post
            return try self.lookup(lookup)
        }
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
