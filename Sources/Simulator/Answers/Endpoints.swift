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
        router.on("GET", path + "/rules", guarded(.readRules, rules.list))
        router.on("POST", path + "/rules", guarded(.changeRules, rules.update))
        router.on("GET", path + "/rules/counts", guarded(.countRules, rules.count))
        if let lookups { router.on("GET", "/2/tweets", guarded(.lookUp, lookups.answer)) }
        if let usage { router.on("GET", "/2/usage/tweets", guarded(.readUsage, usage.answer)) }
        return router
    }

    private func guarded(
        _ endpoint: RateLimits.Endpoint,
        _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) -> HTTPRouter.Route {
        { request in
            if let token, request.header("authorization") != "Bearer " + token { return Problem.unauthorized }
            var response = limits.answer(endpoint) {
                // Credits that are gone end lookups and new streams; what a fault does comes after.
                let costs = endpoint == .lookUp || endpoint == .stream
                return costs && usage?.meter.isSpent ?? false ? Problem.status(402) : answer(request)
            }
            if tellsTime { response.headers.append(("Date", clock.now.httpDate)) }
            response.headers.append(("api-version", "2.167"))
            return response
        }
    }
}
