internal import Failures
internal import HTTPClient
internal import Lifecycle
internal import Time

/// What a step of the setup needs to be allowed, in each engine's words.
struct SearchPrivilege: Sendable {
    let elasticsearch: String
    let opensearch: String

    static let version = SearchPrivilege(
        elasticsearch: "the cluster privilege monitor",
        opensearch: "the permission cluster:monitor/main"
    )
    static let look = SearchPrivilege(
        elasticsearch: "the index privilege view_index_metadata",
        opensearch: "the permission indices:admin/get"
    )
    static let template = SearchPrivilege(
        elasticsearch: "the cluster privilege manage_index_templates",
        opensearch: "the permission indices:admin/index_template/put"
    )
    static let manage = SearchPrivilege(
        elasticsearch: "the index privilege manage",
        opensearch: "the permissions indices:admin/create and indices:admin/aliases"
    )
    static let count = SearchPrivilege(
        elasticsearch: "the index privileges maintenance and read",
        opensearch: "the permissions indices:admin/refresh and indices:data/read/search"
    )

    func name(in engine: SearchEngine) -> String { engine == .elasticsearch ? elasticsearch : opensearch }
}

extension SearchSetup {
    /// Asks one thing, again where its cause may pass and there is time; every answer that is neither a success nor expected becomes an error that says what to do.
    ///
    /// - Parameters:
    ///   - what: what the engine was to do, for messages: `say its version`.
    ///   - privilege: what it takes, for messages.
    ///   - accepting: statuses of 400 and more that the caller deals with.
    func ask(
        _ method: String,
        _ path: String,
        _ what: String,
        _ privilege: SearchPrivilege,
        body: [UInt8]? = nil,
        accepting: [Int] = []
    ) throws(SinkError) -> SearchClient.Reply {
        var tries = 0
        while true {
            let failure: SinkError
            var after: Duration?
            do throws(HTTPClientError) {
                let reply = try client.send(
                    method,
                    path,
                    body: body,
                    timeLimit: retries.timeLeft,
                    isCancelled: { retries.shutdown.isRequested }
                )
                if (200..<300).contains(reply.status) || accepting.contains(reply.status) { return reply }
                failure = error(reply, what, privilege)
                after = reply.retryAfter
            } catch {
                failure = SearchSetup.error(error)
            }
            try retries.wait(after, afterTries: tries, failure)
            tries += 1
        }
    }

    /// What a connection that did not come about means.
    private static func error(_ error: HTTPClientError) -> SinkError {
        switch error.code {
        case .untrusted:
            SinkError(.unavailable, error.message + SearchClient.trustAdvice, cause: error.failureCause)
        case .invalidRequest: SinkError(.refused, "\(error)", cause: error.failureCause)
        default: SinkError(.unavailable, "\(error)", cause: error.failureCause)
        }
    }

    private func error(_ reply: SearchClient.Reply, _ what: String, _ privilege: SearchPrivilege) -> SinkError {
        let engine = client.address.engine
        let start = "\(engine.title) at \(client.address.url) does not \(what)"
        let text = reply.errorText
        let reason = text == "status \(reply.status)" ? text : "status \(reply.status), \(text)"
        if let advice = client.signingAdvice, [401, 403].contains(reply.status) {
            return SinkError(.unavailable, "\(start): \(reason); \(advice)", cause: reply.cause)
        }
        switch reply.status {
        case 401:
            return SinkError(
                .unavailable,
                "\(start): \(reason); set REPRISE_SEARCH_USERNAME and REPRISE_SEARCH_PASSWORD, or REPRISE_SEARCH_API_KEY, "
                    + "and check that they are valid there",
                cause: reply.cause
            )
        case 403:
            return SinkError(
                .unavailable,
                "\(start): \(reason); it takes \(privilege.name(in: engine)) for \(client.address.alias) and "
                    + "\(client.address.alias)-*, or let an administrator set it up once and go on with --no-setup",
                cause: reply.cause
            )
        case 300..<400:
            return SinkError(
                .refused,
                "\(start): \(reason), a redirect; give the URL that it leads to",
                cause: reply.cause
            )
        case _ where reply.cause.kind == .retry:
            return SinkError(
                .unavailable,
                "\(start) at this time: \(reason); try again later",
                cause: reply.cause
            )
        default: return SinkError(.refused, "\(start): \(reason)", cause: reply.cause)
        }
    }
}
