internal import HTTPServer
internal import Logging
internal import Time

/// The simulator's addresses: who may ask, how often, and who answers.
struct Endpoints: Sendable {
    let token: String?
    let stream: StreamEndpoint
    let rules: RulesEndpoint
    /// Nil where lookups are off.
    let lookups: LookupEndpoint?
    let usage: UsageEndpoint?
    let connections: ConnectionsEndpoint
    let tellsTime: Bool
    let limits: RateLimits
    let clock: WallClock
    let logger: Logger

    func router() -> HTTPRouter {
        var router = HTTPRouter { [logger] request, error in
            logger.error("\(request.method) \(request.path) failed: \(error)")
        }
        let path = "/2/tweets/search/stream"
        router.on("GET", path, guarded(.stream, stream.connect))
        router.on("GET", path + "/rules", guarded(.readRules, checked(.rules, rules.list)))
        router.on("POST", path + "/rules", guarded(.changeRules, checked(.ruleChange, rules.update)))
        router.on("GET", path + "/rules/counts", guarded(.countRules, checked(.ruleCounts, rules.count)))
        if let lookups {
            router.on("GET", "/2/tweets", guarded(.lookUp, lookups.answer))
            router.on("GET", under: "/2/tweets", guarded(.lookUpOne, lookups.answerOne))
        }
        if let usage { router.on("GET", "/2/usage/tweets", guarded(.readUsage, checked(.usage, usage.answer))) }
        router.on("GET", "/2/connections", guarded(.readConnections, checked(.connections, connections.list)))
        router.on("DELETE", "/2/connections", guarded(.endConnections, checked(.none, connections.endListed)))
        router.on("DELETE", "/2/connections/all", guarded(.endConnections, checked(.none, connections.endAll)))
        router.on("DELETE", under: "/2/connections", guarded(.endConnections, checked(.none, connections.endStream)))
        return router
    }

    /// Refuses what is wrong in a query before a request is answered.
    private func checked(
        _ rules: QueryRules,
        _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) -> @Sendable (HTTPRequest) -> HTTPResponse {
        { request in rules.refusal(of: request) ?? answer(request) }
    }

    private func guarded(
        _ endpoint: RateLimits.Endpoint,
        _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) -> HTTPRouter.Route {
        { request in
            if let token, request.header("authorization") != "Bearer " + token { return Problem.unauthorized }
            var response = limits.answer(endpoint) {
                // Credits that are gone end lookups and new streams; what a fault does comes after.
                let costs = [.lookUp, .lookUpOne, .stream].contains(endpoint)
                return costs && usage?.meter.isSpent ?? false ? Problem.status(402) : answer(request)
            }
            if tellsTime { response.headers.append(("Date", clock.now.httpDate)) }
            response.headers.append(("api-version", "2.167"))
            return response
        }
    }
}
