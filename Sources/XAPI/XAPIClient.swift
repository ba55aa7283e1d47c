internal import JSON
public import HTTPClient

/// Asks X small questions, each with a small answer; it belongs to one thread at a time.
public final class XAPIClient {
    /// Where X is.
    public let endpoint: XEndpoint
    /// What the app shows.
    public let token: BearerToken
    /// The client below, for streams.
    public let http: HTTPClient

    private let timeout: Duration
    private let waker: StreamWaker?
    private let isCancelled: () -> Bool

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - endpoint: where X is.
    ///   - token: the app's token.
    ///   - http: the client below.
    ///   - timeout: how long one question may take.
    ///   - waker: ends a wait so that `isCancelled` is asked at once.
    ///   - isCancelled: true ends the question in hand.
    public init(
        endpoint: XEndpoint,
        token: BearerToken,
        http: HTTPClient,
        timeout: Duration = .seconds(20),
        waker: StreamWaker? = nil,
        isCancelled: @escaping () -> Bool = { false }
    ) {
        self.endpoint = endpoint
        self.token = token
        self.http = http
        self.timeout = timeout
        self.waker = waker
        self.isCancelled = isCancelled
    }

    /// Sends a request with the token and returns the body of a 2xx answer as a tree.
    func ask(
        _ method: String,
        _ path: String,
        _ query: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) throws(XAPIError) -> JSONValue {
        var request = HTTPClientRequest(
            method: method,
            url: endpoint.url(path, query),
            authorization: token.authorization,
            body: body
        )
        if body != nil { request.headers.append(("Content-Type", "application/json")) }
        let answer = try send(request, bodyLimit: Self.bodyLimit)
        guard (200...299).contains(answer.status) else { throw .refused(request, answer) }
        guard let json = JSONValue.parse(answer.body) else {
            throw XAPIError(
                code: .unexpectedAnswer,
                message: "\(method) \(request.displayURL) answered \(answer.status) without JSON; check X_API_URL",
                status: answer.status
            )
        }
        return json
    }

    /// Sends a request and returns its whole answer, whatever its status.
    func send(_ request: HTTPClientRequest, bodyLimit: Int) throws(XAPIError) -> HTTPClientResponse {
        do {
            return try http.send(
                request,
                timeout: timeout,
                bodyLimit: bodyLimit,
                waker: waker,
                isCancelled: isCancelled
            )
        } catch {
            throw .unreachable(error)
        }
    }

    /// 1,000 rules of 1,024 characters, four bytes each, with room for their JSON.
    private static let bodyLimit = 8 << 20
}

extension XAPIError {
    /// The error for an answer that is no success.
    public static func refused(_ request: HTTPClientRequest, _ answer: HTTPClientResponse) -> XAPIError {
        let problem = Problem.all(in: answer.body).first
        let said = problem.map { ": \($0)" } ?? ""
        let advice =
            StopReason(status: answer.status, problem: problem).map { "; \($0.message)" } ?? said + "; try again later"
        return XAPIError(
            code: .refused,
            message: "\(request.method) \(request.displayURL) answered \(answer.status)\(advice)",
            status: answer.status,
            problem: problem,
            rateLimit: RateLimit(answer.head),
            date: answer.head.header("date")
        )
    }
}
