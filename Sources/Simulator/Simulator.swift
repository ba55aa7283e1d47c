internal import Glibc
internal import HTTPServer
public import Logging
internal import Synchronization
public import Time

/// An X API v2 server on this machine: the filtered stream and its rules, lookups and usage, with faults on request.
///
/// It serves from the moment it is made.
public final class Simulator: Sendable {
    private let server: HTTPServer
    private let stream: StreamEndpoint
    private let book: RuleBook
    private let lookups: LookupEndpoint?
    private let world: PostWorld?
    private let logger: Logger

    /// Starts a simulator.
    ///
    /// - Parameter clock: gives ids, dates, limits, days and what becomes of posts their time; the pace of streams, keep-alives
    ///   and timeouts go by real time.
    /// - Throws: `SimulatorError` where a rule or the file of posts is not usable; `HTTPServerError` where the port is not.
    public init(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(),
        logger: Logger = .silent,
        clock: WallClock = .system
    ) throws {
        let book = RuleBook()
        if let refused = book.add(configuration.rules).invalid.first {
            throw SimulatorError(
                code: .badRule,
                message: "rule \"\(refused.rule.value)\": X would refuse it: \(refused.detail)"
            )
        }
        let world = try PostWorld(configuration, clock: clock)
        let posts = try PostStream(configuration, rules: book, world: world, clock: clock)
        let lookups = world.flatMap { world in
            configuration.lookups.map {
                LookupEndpoint($0, configuration: configuration, world: world, clock: clock, logger: logger)
            }
        }
        let stream = StreamEndpoint(configuration, rules: book, posts: posts, clock: clock, logger: logger)
        let endpoints = Endpoints(
            token: configuration.token,
            stream: stream,
            rules: RulesEndpoint(rules: book, clock: clock),
            lookups: lookups,
            usage: world.map {
                let writesIntegers = configuration.lookups?.writesUsageAsIntegers ?? false
                return UsageEndpoint(meter: $0.meter, clock: clock, writesIntegers: writesIntegers)
            },
            connections: ConnectionsEndpoint(stream: stream),
            tellsTime: configuration.tellsTime,
            limits: RateLimits(
                clock: clock,
                isEnforced: configuration.enforcesRateLimits,
                lookupLimit: configuration.lookups?.requestLimit ?? LookupSettings.publishedRequestLimit
            ),
            clock: clock,
            logger: logger
        )
        // A client that stops reading is a case to test, so the server does not hang up on it.
        let limits = HTTPServerLimits(stalledReaderTimeout: .zero)
        server = try HTTPServer(
            host: configuration.host,
            port: configuration.port,
            limits: limits,
            handler: endpoints.router().answer
        )
        self.stream = stream
        self.book = book
        self.lookups = lookups
        self.world = world
        self.logger = logger
        logger.notice("simulating X", [("url", server.url)])
    }

    /// The port it listens on.
    public var port: UInt16 { server.port }

    /// The base URL for clients: `http://127.0.0.1:8081`.
    public var url: String { server.url }

    /// The rules in force.
    public var rules: [SimulatedRule] { book.current.entries.map(\.rule) }

    /// What it sent so far.
    public var statistics: SimulatorStatistics { stream.statistics }

    /// What really became of each post; nil where lookups are off.
    public var truth: SimulatedTruth? { world?.truth }

    /// What was charged so far; nil where lookups are off.
    ///
    /// A post of the stream is charged for when a connection takes it, which is a moment before it is sent.
    public var usage: SimulatedUsage? { world?.meter.usage }

    /// Requests to `GET /2/tweets` so far, those that met a fault included.
    public var lookupCount: Int { lookups?.requestCount ?? 0 }

    /// Sets the number of posts charged for in all from which on the credits are gone; nil lifts it.
    public func setSpendCap(_ cap: Int?) {
        world?.meter.setCap(cap)
    }

    /// Lets lookups find none of the posts from now on, as a fault of X's would, or all of them again.
    public func setForgetful(_ isForgetful: Bool) {
        lookups?.isForgetful.store(isForgetful, ordering: .relaxed)
    }

    /// Ends the streams in order as far as their clients read, closes everything, and returns within a second.
    public func stop() {
        stream.finish()
        for _ in 0..<40 where stream.activeCount > 0 { usleep(5_000) }
        server.stop()
    }
}
