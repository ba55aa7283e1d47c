internal import HTTPServer
internal import Synchronization
internal import Time

/// X's limits of requests in 15 minutes.
final class RateLimits: Sendable {
    enum Endpoint: Hashable {
        case stream, readRules, changeRules, countRules, lookUp, lookUpOne, readUsage, readConnections, endConnections

        var limit: Int {
            switch self {
            case .stream: 50
            case .readRules: 450
            case .changeRules: 100
            case .countRules: 72
            case .lookUp: LookupSettings.publishedRequestLimit
            case .lookUpOne: 450
            case .readUsage: 50
            // X publishes a limit for ending all connections alone.
            case .readConnections, .endConnections: 25
            }
        }
    }

    private struct Window {
        var start: Timestamp
        var usedCount = 0
    }

    private static let length = Duration.seconds(900)

    private let windows = Mutex<[Endpoint: Window]>([:])
    private let clock: WallClock
    private let isEnforced: Bool
    private let lookupLimit: Int

    init(clock: WallClock, isEnforced: Bool, lookupLimit: Int) {
        self.clock = clock
        self.lookupLimit = lookupLimit
        self.isEnforced = isEnforced
    }

    /// Counts a request, and adds the headers that say so; where the limit is enforced and reached, the answer is a 429.
    func answer(_ endpoint: Endpoint, _ answer: () -> HTTPResponse) -> HTTPResponse {
        let now = clock.now
        let window = windows.withLock { windows in
            var window = windows[endpoint] ?? Window(start: now)
            if now - window.start >= Self.length || now < window.start { window = Window(start: now) }
            window.usedCount += 1
            windows[endpoint] = window
            return window
        }
        let limit = endpoint == .lookUp ? lookupLimit : endpoint.limit
        let isOver = window.usedCount > limit
        var response = isEnforced && isOver ? Problem.status(429) : answer()
        // Where the limit is only announced, it never seems used up.
        let remaining = max(limit - window.usedCount, isEnforced ? 0 : 1)
        let reset = (window.start + Self.length).seconds + 1
        if !response.headers.contains(where: { $0.0 == "x-rate-limit-reset" }) {
            response.headers += Self.headers(limit: limit, remaining: remaining, reset: reset)
        }
        return response
    }

    /// The three headers; `reset` is in seconds since 1970.
    static func headers(limit: Int, remaining: Int, reset: Int64) -> [(String, String)] {
        [
            ("x-rate-limit-limit", String(limit)), ("x-rate-limit-remaining", String(remaining)),
            ("x-rate-limit-reset", String(reset)),
        ]
    }
}
