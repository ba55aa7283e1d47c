internal import Failures
public import HTTPClient
internal import JSON

/// How a search engine is asked: who asks, whom it trusts, how long it waits.
public struct SearchConnection: Sendable {
    /// How requests are signed.
    public enum Credentials: Sendable {
        /// Not at all.
        case none
        /// `Authorization: Basic`.
        case basic(username: String, password: Secret)
        /// `Authorization: ApiKey`: the base64 form that the engine gave out.
        case apiKey(Secret)
    }

    /// Who asks.
    public var credentials: Credentials
    /// A PEM file of certificate authorities trusted beside the system's.
    public var caFile: String?
    /// How long an answer may take.
    public var timeout: Duration
    /// Whether the bodies of bulk requests are compressed: less to send, more to do on both sides.
    public var usesGzip: Bool
    /// The proxy to the engine, or nil for none.
    public var proxy: HTTPProxy?
    /// Whether credentials may leave this machine in plain text, over `http`.
    public var allowsInsecureHTTP: Bool

    /// Makes settings.
    public init(
        credentials: Credentials = .none,
        caFile: String? = nil,
        timeout: Duration = .seconds(60),
        usesGzip: Bool = false,
        proxy: HTTPProxy? = nil,
        allowsInsecureHTTP: Bool = false
    ) {
        self.credentials = credentials
        self.caFile = caFile
        self.timeout = timeout
        self.usesGzip = usesGzip
        self.proxy = proxy
        self.allowsInsecureHTTP = allowsInsecureHTTP
    }

    /// Why its credentials may not be sent to an engine; nil where they may.
    ///
    /// They go over plain `http` to this machine only, unless `allowsInsecureHTTP`.
    public func insecurity(of address: SearchAddress) -> String? {
        if case .none = credentials { return nil }
        guard !allowsInsecureHTTP, address.url.lowercased().hasPrefix("http://"), !Loopback.isHost(ofURL: address.url)
        else { return nil }
        return
            "\(address) is plain http to another machine, which would show the engine's credentials to everyone on the way; "
            + "use https, or say --insecure-http"
    }
}

/// Sends requests to a search engine and reads whole answers; one thread at a time, the connection is kept.
public final class SearchClient {
    /// Where the requests go.
    public let address: SearchAddress
    private let connection: SearchConnection
    private let http: HTTPClient
    private let authorization: Secret?
    private let filter: SecretFilter

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
            guard let error = json?["error"] else { return "status \(status)" }
            if let text = error.text { return text }
            let root = error["root_cause"]?.elements.first ?? error
            return [root["type"]?.text, root["reason"]?.text].compactMap { $0 }.joined(separator: ": ")
        }
    }

    /// The content type of bulk requests.
    static let bulkContentType = "application/x-ndjson"

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
            case .none: nil
            case .basic(let username, let password): Secret.basic(username: username, password: password)
            case .apiKey(let key): key.prefixed("ApiKey ")
            }
        filter = SecretFilter(authorization.map { [$0] } ?? [])
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
        let request = HTTPClientRequest(
            method: method,
            url: address.url + path,
            headers: headers,
            authorization: authorization,
            body: body
        )
        // A reply names every document of a batch.
        let response = try http.send(
            request,
            timeout: min(connection.timeout, timeLimit ?? connection.timeout),
            bodyLimit: 64 << 20,
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
