internal import AWS
internal import Failures
public import HTTPClient
internal import JSON

/// Sends requests to a search engine and reads whole answers; one thread at a time, the connection is kept.
public final class SearchClient {
    /// Where the requests go.
    public let address: SearchAddress
    private let connection: SearchConnection
    private let http: HTTPClient
    private let authorization: Secret?
    private let filter: SecretFilter
    /// Signs and sends, where AWS's services are asked.
    private let signed: SignedSearchClient?

    /// An answer.
    public struct Reply: Sendable {
        /// The status.
        public let status: Int
        /// The body as it came.
        public let body: [UInt8]
        /// How long to wait before the next try, where the engine said so.
        public let retryAfter: Duration?

        /// Why an answer that is no success was given.
        var cause: FailureCause {
            FailureCause(httpStatus: status) ?? ((300..<400).contains(status) ? .badRequest : .serverFault)
        }

        /// The body as JSON; nil where it is none.
        var json: JSONValue? { JSONValue.parse(body) }

        /// What the engine gives as the reason of an error, for messages: its type and reason, without any document.
        var errorText: String {
            guard let error = json?["error"] else {
                // What stands in front of an engine that AWS runs.
                let words = json?["message"]?.text ?? json?["Message"]?.text
                return words.map { "status \(status), \($0)" } ?? "status \(status)"
            }
            if let text = error.text { return text }
            let root = error["root_cause"]?.elements.first ?? error
            return [root["type"]?.text, root["reason"]?.text].compactMap { $0 }.joined(separator: ": ")
        }
    }

    /// The content type of bulk requests.
    static let bulkContentType = "application/x-ndjson"

    /// What to look at where signed requests are refused; nil where they are not signed.
    var signingAdvice: String? {
        guard case .aws(_, let service) = connection.credentials else { return nil }
        let place = service == .es ? "domain" : "collection"
        return
            "check who signs and for which region (AWS_PROFILE, AWS_REGION), that the service is '\(service.rawValue)', and the "
            + "access policy of the \(place)"
    }

    /// A text of the engine's without this client's credentials.
    func shown(_ text: String) -> String { filter.blottedOut(of: text) }

    /// Behind the message that a certificate is not trusted, which ends with the advice to give a CA file.
    static let trustAdvice = ", with --search-ca-file FILE"

    /// Makes a client; nothing is connected yet.
    ///
    /// - Throws: `HTTPClientError`.
    public init(_ address: SearchAddress, _ connection: SearchConnection) throws(HTTPClientError) {
        if let insecurity = connection.insecurity(of: address) {
            throw HTTPClientError(code: .invalidRequest, message: insecurity)
        }
        self.address = address
        self.connection = connection
        http = try HTTPClient(
            configuration: .init(userAgent: "reprise", caFile: connection.caFile, proxy: connection.proxy)
        )
        authorization =
            switch connection.credentials {
            case .none, .aws: nil
            case .basic(let username, let password): Secret.basic(username: username, password: password)
            case .apiKey(let key): key.prefixed("ApiKey ")
            }
        filter = SecretFilter(authorization.map { [$0] } ?? [])
        signed =
            if case .aws(let aws, let service) = connection.credentials {
                try SignedSearchClient(address, aws, service, http.configuration)
            } else { nil }
    }

    /// Sends one request and waits for its whole answer.
    ///
    /// - Parameters:
    ///   - path: behind the engine's URL, a slash first, with its query.
    ///   - body: JSON, or lines of it where the content type says so.
    ///   - isGzip: whether the body is a gzip member of that content.
    ///   - timeLimit: a shorter time than the connection's that all of it may take.
    ///   - waker: asks `isCancelled` at once when woken.
    ///   - isCancelled: asked several times a second; true ends the request.
    /// - Throws: `HTTPClientError`.
    public func send(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil,
        contentType: String = "application/json",
        isGzip: Bool = false,
        timeLimit: Duration? = nil,
        waker: StreamWaker? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(HTTPClientError) -> Reply {
        // Plain media types are the ones that every version of both engines takes.
        var headers = body == nil ? [] : [("Content-Type", contentType)]
        if isGzip { headers.append(("Content-Encoding", "gzip")) }
        let timeout = min(connection.timeout, timeLimit ?? connection.timeout)
        // A reply names every document of a batch.
        let bodyLimit = 64 << 20
        if let signed {
            let reply = try signed.send(method, path, headers, body, timeout, bodyLimit, waker, isCancelled)
            return Reply(status: reply.status, body: reply.body, retryAfter: reply.head.retryAfter)
        }
        let request = HTTPClientRequest(
            method: method,
            url: address.url + path,
            headers: headers,
            authorization: authorization,
            body: body
        )
        let response = try http.send(
            request,
            timeout: timeout,
            bodyLimit: bodyLimit,
            waker: waker,
            isCancelled: isCancelled
        )
        // The reply to a bulk request is large, and only its errors are shown: see `shown`.
        let isBulk = contentType == Self.bulkContentType
        return Reply(
            status: response.status,
            body: isBulk ? response.body : request.blottedOut(of: response.body),
            retryAfter: response.head.retryAfter
        )
    }
}
