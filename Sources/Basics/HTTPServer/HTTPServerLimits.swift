/// What an HTTP server grants a client at most.
public struct HTTPServerLimits: Sendable {
    /// Connections open at a time; more wait until one closes (default 64).
    public var connectionCount: Int
    /// Bytes of a request's body; a longer one is answered 413 (default 1 MiB).
    public var bodyByteLimit: Int
    /// Bytes of a request's line and headers; more is answered 431 (default 16 KiB).
    public var headerByteLimit: Int
    /// Bytes of one chunk of a streamed answer: the largest buffer that `HTTPBody.read` gets (default 64 KiB).
    public var chunkByteLimit: Int
    /// Time without a byte after which a connection is closed, whole seconds (default 30 s).
    public var idleTimeout: Duration
    /// The same for a streamed answer whose reader does not read (default 60 s).
    ///
    /// Waiting for more to send does not count; `.zero` means for ever.
    public var stalledReaderTimeout: Duration

    /// Makes limits, each with its default.
    public init(
        connectionCount: Int = 64,
        bodyByteLimit: Int = 1 << 20,
        headerByteLimit: Int = 16 << 10,
        chunkByteLimit: Int = 64 << 10,
        idleTimeout: Duration = .seconds(30),
        stalledReaderTimeout: Duration = .seconds(60)
    ) {
        self.connectionCount = connectionCount
        self.bodyByteLimit = bodyByteLimit
        self.headerByteLimit = headerByteLimit
        self.chunkByteLimit = chunkByteLimit
        self.idleTimeout = idleTimeout
        self.stalledReaderTimeout = stalledReaderTimeout
    }

    /// The memory one connection may use inside libmicrohttpd: a streamed answer's buffer gets what the headers leave free.
    var connectionByteLimit: Int {
        max(chunkByteLimit, headerByteLimit) + headerByteLimit + (8 << 10)
    }
}
