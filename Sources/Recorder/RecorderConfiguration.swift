public import HTTPClient
public import XAPI

/// What a recorder records, and how it behaves.
public struct RecorderConfiguration: Sendable {
    /// Where X is.
    public var endpoint: XEndpoint
    /// What the app shows.
    public var token: BearerToken
    /// Settings of the HTTP client.
    public var http: HTTPClientConfiguration
    /// What the stream is asked for.
    public var stream: StreamRequest
    /// Rules to be put in force before the first connection, or nil to leave them as they are.
    public var rules: [StreamRule]?
    /// Whether rules in force that are not in `rules` go.
    public var prunesRules = false
    /// How long a connection may be silent: X sends something at least every 20 s; the rest is grace.
    public var silenceLimit = Duration.seconds(25)
    /// How long to record in all, or nil for ever.
    public var stopAfter: Duration?
    /// Whether to end with the first connection.
    public var recordsOnce = false
    /// Whether a spent budget is waited for until its next day or month begins, instead of an end.
    ///
    /// A budget of one run never renews: the recorder then idles until it is stopped.
    public var waitsForBudget = false
    /// When to connect again.
    public var reconnect = ReconnectPolicy.Configuration()

    /// Makes settings; what is not named has its default.
    public init(
        endpoint: XEndpoint,
        token: BearerToken,
        http: HTTPClientConfiguration,
        stream: StreamRequest = .init(),
        rules: [StreamRule]? = nil
    ) {
        self.endpoint = endpoint
        self.token = token
        self.http = http
        self.stream = stream
        self.rules = rules
    }
}

/// Closures that a recorder calls on its own thread.
public struct RecorderHooks: Sendable {
    /// Gets the length of each delivery before it is appended: crash tests count with it.
    public var onHandedOver: (@Sendable (Int) -> Void)?
    /// Gets the state several times a second.
    public var onStatus: (@Sendable (RecorderStatus) -> Void)?
    /// Gives numbers from 0 up to, but not including, 1, for jitter.
    public var random: @Sendable () -> Double

    /// Makes hooks that do nothing, with the system's randomness.
    public init(
        onHandedOver: (@Sendable (Int) -> Void)? = nil,
        onStatus: (@Sendable (RecorderStatus) -> Void)? = nil,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.onHandedOver = onHandedOver
        self.onStatus = onStatus
        self.random = random
    }
}
