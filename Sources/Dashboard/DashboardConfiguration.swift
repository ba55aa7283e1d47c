/// The settings of the page.
public struct DashboardConfiguration: Sendable {
    /// The address to listen on (default 127.0.0.1: this machine only).
    public var host: String
    /// The port to listen on; 0 takes a free one (default 8080).
    public var port: UInt16
    /// Names other than loopback that a browser may know the page by, lower case, for a proxy or a tunnel in front.
    public var hostNames: Set<String>
    /// Where Chart.js lies (default: where Debian's package libjs-chart.js puts it).
    public var chartScriptPath: String
    /// The sides that the headline compares.
    public var sides: [Side]
    /// How often the index is asked whether it changed (default 200 ms).
    public var pollInterval: Duration
    /// The least time between two events (default 300 ms).
    public var eventInterval: Duration
    /// The time without a change after which the same figures are told anew, with the time of now (default 5 s).
    public var quietInterval: Duration
    /// The time without an event after which a comment goes out (default 15 s).
    public var heartbeatInterval: Duration

    /// Makes settings, each with its default.
    public init(
        host: String = "127.0.0.1",
        port: UInt16 = 8080,
        hostNames: Set<String> = [],
        chartScriptPath: String = "/usr/share/javascript/chart.js/chart.min.js",
        sides: [Side] = Side.catsAndDogs,
        pollInterval: Duration = .milliseconds(200),
        eventInterval: Duration = .milliseconds(300),
        quietInterval: Duration = .seconds(5),
        heartbeatInterval: Duration = .seconds(15)
    ) {
        self.host = host
        self.port = port
        self.hostNames = hostNames
        self.chartScriptPath = chartScriptPath
        self.sides = sides
        self.pollInterval = pollInterval
        self.eventInterval = eventInterval
        self.quietInterval = quietInterval
        self.heartbeatInterval = heartbeatInterval
    }
}
