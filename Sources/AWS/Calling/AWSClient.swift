internal import Failures
public import HTTPClient
internal import Time

/// Sends signed requests to one service and reads whole answers; one thread at a time, the connection is kept.
public final class AWSClient {
    /// Where the requests go.
    public let endpoint: AWSEndpoint
    private let connection: AWSConnection
    private let signer: SigV4
    private let http: HTTPClient

    /// Errors after which new credentials may help.
    private static let expired: Set = [
        "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpiredToken",
    ]
    /// Methods whose requests have no body, not even an empty one.
    private static let bare: Set = ["GET", "HEAD", "DELETE"]
    /// Errors that a wrong clock leads to.
    private static let skewed: Set = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
    ]

    /// Makes a client; nothing is connected yet.
    ///
    /// - Parameter service: its name in endpoints and signatures.
    /// - Throws: `AWSError`.
    public convenience init(_ service: String, _ connection: AWSConnection) throws(AWSError) {
        try self.init(service, at: connection.endpoint(of: service), connection)
    }

    /// Makes a client of a service that is where somebody says; nothing is connected yet.
    ///
    /// - Throws: `AWSError`.
    public init(_ service: String, at endpoint: AWSEndpoint, _ connection: AWSConnection) throws(AWSError) {
        self.connection = connection
        self.endpoint = endpoint
        signer = SigV4(region: connection.region, service: service)
        do {
            http = try HTTPClient(configuration: connection.http)
        } catch {
            throw AWSError(error.message, cause: error.failureCause)
        }
    }

    /// Sends one request and waits for its whole answer, whatever its status.
    ///
    /// Where the service finds the credentials expired or the clock wrong, that is mended, and the request sent once more.
    ///
    /// - Parameters:
    ///   - path: percent-encoded.
    ///   - query: percent-encoded, without its question mark.
    ///   - timeout: how long the answer may take, if not as long as the connection allows.
    ///   - bodyLimit: the most bytes of an answer's body.
    ///   - waker: asks `isCancelled` at once when woken.
    ///   - isCancelled: asked several times a second; true ends the request.
    /// - Throws: `AWSError` where there are no credentials, or no answer.
    public func send(
        _ method: String,
        path: String = "/",
        query: String = "",
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        timeout: Duration? = nil,
        bodyLimit: Int = 8 << 20,
        waker: StreamWaker? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(AWSError) -> AWSReply {
        var request = SigningRequest(
            method: method,
            path: endpoint.path + path,
            query: query,
            headers: [("host", endpoint.host)] + headers,
            body: body
        )
        request.path = request.path.isEmpty ? "/" : request.path
        var (hasRenewed, hasLearnt) = (false, false)
        while true {
            let credentials = try connection.credentials.current(isCancelled: isCancelled)
            let time = connection.clock.now
            let signature = signer.sign(request, credentials, at: time)
            let limits = (timeout ?? connection.timeout, bodyLimit)
            let reply = try send(request, signature, body, credentials.filter, limits, waker, isCancelled)
            guard let code = reply.problem?.code else { return reply }
            if AWSClient.expired.contains(code), !hasRenewed {
                hasRenewed = true
                connection.credentials.forget(credentials)
            } else if AWSClient.skewed.contains(code), !hasLearnt, let date = reply.head.header("date"),
                let theirs = HTTPDate.timestamp(date), connection.clock.learn(theirs, signedAt: time)
            {
                hasLearnt = true
            } else {
                return reply
            }
        }
    }

    private func send(
        _ request: SigningRequest,
        _ signature: SigV4.Signature,
        _ body: [UInt8],
        _ filter: SecretFilter,
        _ limits: (timeout: Duration, bodyLimit: Int),
        _ waker: StreamWaker?,
        _ isCancelled: () -> Bool
    ) throws(AWSError) -> AWSReply {
        let base = endpoint.url.dropLast(endpoint.path.count)
        let query = request.query.isEmpty ? "" : "?\(request.query)"
        var sent = HTTPClientRequest(
            method: request.method,
            url: "\(base)\(request.path)\(query)",
            headers: request.headers + signature.headers,
            authorization: signature.authorization,
            body: body.isEmpty && AWSClient.bare.contains(request.method) ? nil : body
        )
        // What was asked may have been done, and nobody would hear of the second time.
        sent.isSentOnce = true
        do {
            let response = try http.send(
                sent,
                timeout: limits.timeout,
                bodyLimit: limits.bodyLimit,
                waker: waker,
                isCancelled: isCancelled
            )
            return AWSReply(response, filter)
        } catch {
            let never: Set<HTTPClientError.Code> = [.invalidRequest, .notResolved, .notConnected, .untrusted]
            throw AWSError(
                filter.blottedOut(of: error.message),
                cause: error.failureCause,
                mayHaveArrived: !never.contains(error.code),
                code: error.code
            )
        }
    }
}
