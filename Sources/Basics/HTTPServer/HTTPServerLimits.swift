/// What an HTTP server grants a client at most.
public struct HTTPServerLimits: Sendable {
    /// Connections open at a time (default 64).
    ///
    /// One more closes the one that has waited longest for a whole request; where all are streams, it is closed itself.
    public var connectionCount: Int
    /// The same for the connections of one client: an IPv4 address or an IPv6 /64 network (default: as many as there may be).
    public var connectionsPerClient: Int
    /// Bytes of a request's body; a longer one is answered 413 (default 1 MiB).
    public var bodyByteLimit: Int
    /// Bytes of a request's line and headers; more is answered 431 (default 16 KiB).
    public var headerByteLimit: Int
    /// Bytes of one chunk of a streamed answer: the largest buffer that `HTTPBody.read` gets (default 64 KiB).
    public var chunkByteLimit: Int
    /// Time without a byte after which a connection is closed, whole seconds (default 30 s).
    public var idleTimeout: Duration
    /// Time in all for a request's head, from the connection's begin or the end of the response before it (default 10 s).
    ///
    /// It is looked at once a second.
    public var headTimeout: Duration
    /// Time in all for a request's body, and for a response that is no stream (default 60 s); looked at once a second.
    public var transferTimeout: Duration
    /// The same for a streamed answer whose reader does not read (default 60 s).
    ///
    /// Waiting for more to send does not count; `.zero` means for ever.
    public var stalledReaderTimeout: Duration

    /// Makes limits, each with its default.
    public init(
        connectionCount: Int = 64,
        connectionsPerClient: Int? = nil,
        bodyByteLimit: Int = 1 << 20,
        headerByteLimit: Int = 16 << 10,
        chunkByteLimit: Int = 64 << 10,
        idleTimeout: Duration = .seconds(30),
        headTimeout: Duration = .seconds(10),
        transferTimeout: Duration = .seconds(60),
        stalledReaderTimeout: Duration = .seconds(60)
    ) {
        self.connectionCount = connectionCount
        self.connectionsPerClient = connectionsPerClient ?? connectionCount
        self.bodyByteLimit = bodyByteLimit
        self.headerByteLimit = headerByteLimit
        self.chunkByteLimit = chunkByteLimit
        self.idleTimeout = idleTimeout
        self.headTimeout = headTimeout
        self.transferTimeout = transferTimeout
        self.stalledReaderTimeout = stalledReaderTimeout
    }

    /// The memory one connection may use inside libmicrohttpd: a streamed answer's buffer gets what the headers leave free.
    var connectionByteLimit: Int {
        max(chunkByteLimit, headerByteLimit) + headerByteLimit + (8 << 10)
    }
}
