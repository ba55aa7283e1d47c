/// Answers requests by method and path: 404 and 405 otherwise, 500 where a route throws; GET routes serve HEAD too.
public struct HTTPRouter: Sendable {
    /// A route's code; what it throws becomes a 500 without details, since an error's text is not for strangers.
    public typealias Route = @Sendable (HTTPRequest) throws -> HTTPResponse

    private var routes: [String: [String: Route]] = [:]
    private let onError: @Sendable (HTTPRequest, any Error) -> Void

    /// Makes a router without routes.
    ///
    /// - Parameter onError: is told what a route threw, for the log.
    public init(onError: @escaping @Sendable (HTTPRequest, any Error) -> Void = { _, _ in }) {
        self.onError = onError
    }

    /// Adds a route; the last one for a method and path counts.
    public mutating func on(_ method: String, _ path: String, _ route: @escaping Route) {
        routes[path, default: [:]][method] = route
    }

    /// Adds a route for each path that is one segment longer than another; a route for an exact path goes before it.
    public mutating func on(_ method: String, under path: String, _ route: @escaping Route) {
        routes[path + "/*", default: [:]][method] = route
    }

    /// Answers a request; what `HTTPServer` wants as its handler.
    public func answer(_ request: HTTPRequest) -> HTTPResponse {
        guard let methods = routes[request.path] ?? routesUnder(request.path) else {
            return .text("Nothing is here.\n", status: 404)
        }
        guard let route = methods[request.method] ?? (request.method == "HEAD" ? methods["GET"] : nil) else {
            var response = HTTPResponse.text("This address does not take \(request.method).\n", status: 405)
            let allowed = Set(methods.keys).union(methods["GET"] == nil ? [] : ["HEAD"])
            response.headers.append(("Allow", allowed.sorted().joined(separator: ", ")))
            return response
        }
        do {
            return try route(request)
        } catch {
            onError(request, error)
            return .text("The server failed to answer; its log says why.\n", status: 500)
        }
    }

    private func routesUnder(_ path: String) -> [String: Route]? {
        guard let slash = path.lastIndex(of: "/"), path.index(after: slash) < path.endIndex else { return nil }
        return routes[path[...slash] + "*"]
    }
}
