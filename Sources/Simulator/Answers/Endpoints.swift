internal import HTTPServer
internal import Logging

/// The simulator's addresses: who may ask, how often, and who answers.
struct Endpoints: Sendable {
    let token: String?
    let stream: StreamEndpoint
    let rules: RulesEndpoint
    let limits: RateLimits
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
        return router
    }

    private func guarded(
        _ endpoint: RateLimits.Endpoint,
        _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) -> HTTPRouter.Route {
        { request in
            if let token, request.header("authorization") != "Bearer " + token { return Problem.unauthorized }
            var response = limits.answer(endpoint) { answer(request) }
            response.headers.append(("api-version", "2.167"))
            return response
        }
    }
}
