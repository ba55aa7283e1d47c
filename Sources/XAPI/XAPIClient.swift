internal import JSON
internal import Lifecycle
public import HTTPClient
public import Time

/// Asks X small questions, each with a small answer; it belongs to one thread at a time.
public final class XAPIClient {
    /// Where X is.
    public let endpoint: XEndpoint
    /// What the app shows.
    public let token: BearerToken
    /// The client below, for streams.
    public let http: HTTPClient

    /// The time of rate limits, and of the waits that follow from them.
    public let monotonic: MonotonicClock

    /// The parameter for fields that X has been found to know in lookups, where it refused the other one.
    var knownFieldsParameter: FieldsParameter?
    /// How long to wait before each further look at a list of rules that does not show a change yet.
    let listingWaits: [Duration]

    private let waker: StreamWaker
    private let timeout: Duration
    private let clock: WallClock
    private let isCancelled: () -> Bool

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - endpoint: where X is.
    ///   - token: the app's token.
    ///   - http: the client below.
    ///   - timeout: how long one question may take.
    ///   - waker: ends a wait so that `isCancelled` is asked at once.
    ///   - clock: stands in for X's time where an answer does not tell it.
    ///   - monotonic: the time of rate limits.
    ///   - listingWaits: how long to wait before each further look at a list of rules that does not show a change yet.
    ///   - isCancelled: true ends the question in hand.
    public init(
        endpoint: XEndpoint,
        token: BearerToken,
        http: HTTPClient,
        timeout: Duration = .seconds(20),
        waker: StreamWaker = StreamWaker(),
        clock: WallClock = .system,
        monotonic: MonotonicClock = .system,
        listingWaits: [Duration] = [.seconds(1), .seconds(3)],
        isCancelled: @escaping () -> Bool = { false }
    ) {
        self.endpoint = endpoint
        self.token = token
        self.http = http
        self.timeout = timeout
        self.waker = waker
        self.clock = clock
        self.monotonic = monotonic
        self.listingWaits = listingWaits
        self.isCancelled = isCancelled
    }

    /// Makes the request in hand ask at once whether it is cancelled; may be called from any thread.
    public var wake: @Sendable () -> Void {
        { [waker] in waker.wake() }
    }

    /// Waits, but no longer than until the client is cancelled.
    func pause(_ duration: Duration) {
        let step = Duration.milliseconds(50)
        var left = duration
        while left > .zero, !isCancelled() {
            ShutdownSignal().wait(for: min(step, left))
            left -= step
        }
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
        guard (200...299).contains(answer.status) else { throw refusal(request, answer) }
        guard let json = JSONValue.parse(request.blottedOut(of: answer.body)) else {
            throw .unreadable(request, answer)
        }
        return json
    }

    /// Sends a request and returns its whole answer, whatever its status.
    ///
    /// - Parameter isCancelledToo: true ends this request, as `isCancelled` ends each.
    func send(
        _ request: HTTPClientRequest,
        bodyLimit: Int,
        _ isCancelledToo: () -> Bool = { false }
    ) throws(XAPIError) -> HTTPClientResponse {
        do {
            return try http.send(
                request,
                timeout: timeout,
                bodyLimit: bodyLimit,
                waker: waker,
                isCancelled: { isCancelled() || isCancelledToo() }
            )
        } catch {
            throw .unreachable(error)
        }
    }

    /// The rate limit of an answer that came just now.
    func rateLimit(_ head: HTTPHead) -> RateLimit { RateLimit(head, wall: clock.now, monotonic: monotonic.now) }

    /// The error for an answer that came just now and is no success.
    func refusal(_ request: HTTPClientRequest, _ answer: HTTPClientResponse) -> XAPIError {
        .refused(request, answer, rateLimit(answer.head))
    }

    /// 1,000 rules of 1,024 characters, four bytes each, with room for their JSON.
    private static let bodyLimit = 8 << 20
}

extension XAPIError {
    /// The error for an answer that is no success.
    static func refused(
        _ request: HTTPClientRequest,
        _ answer: HTTPClientResponse,
        _ rateLimit: RateLimit
    ) -> XAPIError {
        let problem = Problem.all(in: answer.body).first
        let said = problem.map { ": \($0)" } ?? ""
        let reason = StopReason(status: answer.status, problem: problem, of: XResource(url: request.url))
        let advice = reason.map { "; \($0.message)" } ?? said + "; try again later"
        return XAPIError(
            code: .refused,
            message: "\(request.method) \(request.displayURL) answered \(answer.status)\(advice)",
            status: answer.status,
            problem: problem,
            rateLimit: rateLimit,
            date: answer.head.header("date")
        )
    }
}
