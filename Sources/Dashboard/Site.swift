internal import HTTPServer
internal import Index
internal import Lifecycle
internal import Logging
internal import Synchronization
internal import Time

/// The addresses of the page and what they answer.
final class Site: Sendable {
    private let index: IndexAccess
    private let configuration: DashboardConfiguration
    private let clock: WallClock
    private let feed: SummaryFeed
    private let health: HealthCheck
    private let parts: HealthBoard?
    private let chartScript: ChartScript
    private let router: HTTPRouter
    private let timelines = Mutex<[Timeline.Range: CachedTimeline]>([:])

    /// A timeline that holds as long as the summary has not changed and no new bucket has begun.
    private struct CachedTimeline {
        let number: UInt64
        let start: Timestamp
        let json: [UInt8]
    }

    init(
        index: IndexAccess,
        configuration: DashboardConfiguration,
        clock: WallClock,
        logger: Logger,
        feed: SummaryFeed,
        health: HealthCheck,
        parts: HealthBoard?
    ) {
        self.index = index
        self.configuration = configuration
        self.clock = clock
        self.feed = feed
        self.health = health
        self.parts = parts
        let chartScript = ChartScript(path: configuration.chartScriptPath)
        if let problem = chartScript.problem { logger.warning(problem) }
        self.chartScript = chartScript
        var router = HTTPRouter { request, error in logger.warning("\(request.path) failed: \(error)") }
        for asset in Asset.all {
            router.on("GET", asset.path) { _ in .bytes(asset.bytes, type: asset.type) }
        }
        router.on("GET", "/assets/chart.js") { _ in chartScript.response }
        self.router = router
    }

    /// Answers a request, with the headers that keep a browser from doing anything but showing this page.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        var response = route(request)
        response.headers += Self.headers
        return response
    }

    /// What a browser may do with an answer: nothing but load this page's own files, and nobody may frame or embed them.
    static let headers = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-cache"),
    ]

    // MARK: - Internal

    private func route(_ request: HTTPRequest) -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            var response = HTTPResponse.text("This page only answers.\n", status: 405)
            response.headers.append(("Allow", "GET, HEAD"))
            return response
        }
        switch request.path {
        case "/events": return events(request)
        case "/api/summary":
            guard let entry = feed.newest else { return Self.starting }
            return .json(entry.json)
        case "/api/timeline": return timeline(request)
        case "/api/troubles": return troubles
        case "/metrics":
            return .bytes(
                Array(
                    Metrics.text(
                        feed.newest?.summary,
                        streams: feed.streamCount,
                        isHealthy: health.problem == nil,
                        parts: parts?.all ?? []
                    ).utf8
                ),
                type: "text/plain; version=0.0.4; charset=utf-8"
            )
        case "/healthz":
            guard let problem = health.problem else { return .text("ok\n") }
            return .text("\(problem)\n", status: 503)
        default: return router.answer(request)
        }
    }

    /// The parts of the program that do not work just now, by name and reason.
    private var troubles: HTTPResponse {
        let list = (parts?.all ?? []).compactMap { part in part.trouble.map { Trouble(part: part.name, reason: $0) } }
        guard let json = try? JSONText.line(list) else { return Self.starting }
        return .json(json)
    }

    private struct Trouble: Encodable {
        let part: String
        let reason: String
    }

    private static let starting = HTTPResponse.text("Starting; try again in a second.\n", status: 503)

    private func events(_ request: HTTPRequest) -> HTTPResponse {
        let type = "text/event-stream; charset=utf-8"
        guard request.method == "GET" else { return .bytes([], type: type) }
        guard feed.open(for: request.client) else {
            return .closing("Too many pages are open; close one.\n", status: 503)
        }
        var response = HTTPResponse.stream(
            EventStream(feed: feed, client: request.client, heartbeat: configuration.heartbeatInterval),
            type: type
        )
        // For proxies that would collect events before they pass them on.
        response.headers.append(("X-Accel-Buffering", "no"))
        return response
    }

    private func timeline(_ request: HTTPRequest) -> HTTPResponse {
        guard let range = Timeline.Range(rawValue: request.value("range") ?? Timeline.Range.hour.rawValue) else {
            let choices = Timeline.Range.allCases.map(\.rawValue).joined(separator: ", ")
            return .text("The range is one of \(choices).\n", status: 400)
        }
        guard let entry = feed.newest else { return Self.starting }
        let start = range.start(at: clock.now)
        if let cached = timelines.withLock({ $0[range] }), cached.number == entry.number, cached.start == start {
            return .json(cached.json)
        }
        guard
            let found = try? index.reader().timeline(
                from: start,
                bucketMinutes: range.bucketMinutes,
                bucketCount: range.bucketCount
            ),
            let json = try? JSONText.line(Timeline(found, range: range, sides: configuration.sides))
        else { return .text("The index cannot be read now; the log says why.\n", status: 503) }
        timelines.withLock { $0[range] = CachedTimeline(number: entry.number, start: start, json: json) }
        return .json(json)
    }
}
