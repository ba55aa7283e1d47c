internal import HTTPServer
internal import Index
public import Lifecycle
public import Logging
public import Time

/// The web page of an index: serves it, and tells the open pages when the index has changed.
///
/// One thread asks for all clients together whether another connection or process wrote to the index.
public final class DashboardService: Service {
    private let index: IndexAccess
    private let configuration: DashboardConfiguration
    private let clock: WallClock
    private let logger: Logger
    private let feed: SummaryFeed
    private let health = HealthCheck()
    private let server: HTTPServer

    /// Its name among the services: `page`.
    public let name = "page"
    /// The page's address, `http://127.0.0.1:8080`.
    public var url: String { server.url }

    /// Starts to listen, so that a port in use is known at once; the numbers come with `run`.
    ///
    /// - Parameters:
    ///   - index: the path of the index to show; it is opened when it exists, and again after it failed.
    ///   - configuration: the settings.
    ///   - clock: says what day it is.
    ///   - logger: takes what goes wrong.
    ///   - parts: what the program's other parts say of themselves, for `/metrics` and the page; nil where it has none.
    /// - Throws: `HTTPServerError` where the address cannot be listened on.
    public init(
        index path: String,
        configuration: DashboardConfiguration,
        clock: WallClock,
        logger: Logger,
        parts: HealthBoard? = nil
    ) throws {
        let index = IndexAccess(path)
        self.index = index
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        let limits = HTTPServerLimits(connectionCount: 256, connectionsPerClient: 128, bodyByteLimit: 0)
        // Streams take half of the connections at most, of one client or of all: in the other half many may come and go before one that
        // asks for something is closed for them.
        feed = SummaryFeed(
            streamLimit: limits.connectionCount / 2,
            streamsPerClient: limits.connectionsPerClient / 2
        )
        let site = Site(
            index: index,
            configuration: configuration,
            clock: clock,
            logger: logger,
            feed: feed,
            health: health,
            parts: parts
        )
        server = try HTTPServer(
            host: configuration.host,
            port: configuration.port,
            limits: limits,
            alsoServing: configuration.hostNames,
            handler: { site.answer($0) }
        )
    }

    /// Watches the index until the shutdown is requested, then closes all connections.
    public func run(_ shutdown: ShutdownSignal) throws {
        defer { server.stop() }
        var watch = IndexWatch(
            eventInterval: configuration.eventInterval,
            quietInterval: configuration.quietInterval
        )
        repeat {
            do {
                let (now, reader) = (clock.now, try index.reader())
                if watch.isDue(counter: try reader.changeCounter(), now: now) {
                    let summary = Summary(
                        try reader.summary(since: now.startOfDay),
                        mostLiked: try reader.mostLiked(
                            from: now - Summary.mostLikedSpan,
                            through: now,
                            limit: Summary.mostLikedLimit
                        ),
                        sides: configuration.sides,
                        now: now
                    )
                    feed.publish(summary, json: try JSONText.line(summary))
                }
                if health.succeeded() { logger.notice("the index can be read again") }
            } catch {
                watch.retry()
                index.close()
                // The page keeps its last numbers and says that they are old; the next poll tries again.
                if health.failed() { logger.warning("the page stands still: \(error)") }
            }
        } while !shutdown.wait(for: configuration.pollInterval)
    }
}
