internal import HTTPServer
internal import Logging
internal import Synchronization
internal import Time

/// `GET /2/tweets/search/stream`.
final class StreamEndpoint: Sendable {
    private struct State {
        var active: [Int: StreamConnection] = [:]
        var statistics = SimulatorStatistics()
        var isStopping = false
        var history = ConnectionHistory()
    }

    private let configuration: SimulatorConfiguration
    private let rules: RuleBook
    private let posts: PostStream
    private let clock: WallClock
    private let logger: Logger
    private let state = Mutex(State())

    init(
        _ configuration: SimulatorConfiguration,
        rules: RuleBook,
        posts: PostStream,
        clock: WallClock,
        logger: Logger
    ) {
        self.configuration = configuration
        self.rules = rules
        self.posts = posts
        self.clock = clock
        self.logger = logger
    }

    var statistics: SimulatorStatistics { state.withLock { $0.statistics } }

    /// Answers a request to connect.
    func connect(_ request: HTTPRequest) -> HTTPResponse {
        if let refusal = QueryRules.stream.refusal(of: request) { return refusal }
        if rules.current.entries.isEmpty { return Problem.noRules }
        let open = state.withLock { $0.active }
        // A client that was killed and came back must not find its own old connection in the way.
        let present = open.values.filter(\.isClientConnected)
        guard present.count < configuration.connectionCount else {
            logger.info("connection refused: too many", [("open", String(present.count))])
            return Problem.tooManyConnections
        }
        let number = state.withLock {
            $0.statistics.connectionCount += 1
            return $0.statistics.connectionCount
        }
        let fault = configuration.faults.first { $0.strikes(number) }
        if case .refuse(let status) = fault?.kind { return refuse(number, status) }
        let log: SentLog?
        do {
            log = try configuration.sentLog.map { try SentLog(folder: $0, connection: number) }
        } catch {
            logger.error("\(error)")
            return Problem.status(500)
        }
        posts.connect()
        let connection = StreamConnection(
            StreamConnection.Setup(
                number: number,
                view: PostView(request, spelling: configuration.spelling),
                fault: fault,
                configuration: configuration,
                log: log
            ),
            posts: posts
        ) { [self] connection, counts in closed(connection, counts) }
        state.withLock {
            $0.active[number] = connection
            $0.history.open(number, client: request.remote, at: clock.now)
        }
        logger.info("connection opened", [("connection", String(number)), ("client", request.remote)])
        var response = HTTPResponse.stream(connection, type: "application/json; charset=utf-8")
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }

    /// Ends every stream in order, as far as their clients read.
    func finish() {
        for connection in state.withLock({ $0.active }).values { connection.finish() }
    }

    /// The connections that were let in, open and closed ones.
    var history: ConnectionHistory { state.withLock { $0.history } }

    /// Ends connections on a client's request; returns the ids of those that were open.
    func end(_ isWanted: (ConnectionHistory.Entry) -> Bool) -> [String] {
        let (ended, ids) = state.withLock { state in
            let open = state.history.entries.filter { $0.closed == nil && isWanted($0) }
            for entry in open { state.history.close(entry.number, why: "operator_disconnect", at: clock.now) }
            return (open.compactMap { state.active[$0.number] }, open.map(\.id))
        }
        for connection in ended { connection.finish() }
        return ids
    }

    /// Streams that are open now.
    var activeCount: Int { state.withLock { $0.active.count } }

    // MARK: - Internal

    private func refuse(_ number: Int, _ status: Int) -> HTTPResponse {
        logger.info("connection refused by a fault", [("connection", String(number)), ("status", String(status))])
        var response = Problem.status(status)
        if status == 429 {
            response.headers += RateLimits.headers(
                limit: RateLimits.Endpoint.stream.limit,
                remaining: 0,
                reset: (clock.now + configuration.refusalDelay).seconds
            )
        }
        return response
    }

    private func closed(_ connection: StreamConnection, _ counts: StreamConnection.Counts) {
        state.withLock {
            $0.active[connection.setup.number] = nil
            $0.history.close(connection.setup.number, why: "client_disconnect", at: clock.now)
            $0.statistics.recordCount += counts.records
            $0.statistics.byteCount += counts.bytes
        }
        logger.info(
            "connection closed",
            [
                ("connection", String(connection.setup.number)), ("records", String(counts.records)),
                ("bytes", String(counts.bytes)),
            ]
        )
    }
}

/// What a simulator sent so far, open connections not counted in.
public struct SimulatorStatistics: Equatable, Sendable {
    /// Connections that were let in or refused by a fault.
    public var connectionCount = 0
    /// Whole records sent on connections that are closed.
    public var recordCount = 0
    /// Bytes sent on connections that are closed, keep-alives included.
    public var byteCount = 0
}
