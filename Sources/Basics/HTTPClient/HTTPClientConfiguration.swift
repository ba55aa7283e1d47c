/// Settings of a client.
public struct HTTPClientConfiguration: Sendable {
    /// The `User-Agent` sent with every request.
    public var userAgent: String
    /// A PEM file of certificate authorities trusted beside the system's, or nil for the system's alone.
    public var caFile: String?
    /// How long name, connection and TLS may take together.
    public var connectTimeout: Duration
    /// The proxy, or nil for none; the environment is never asked.
    public var proxy: HTTPProxy?
    /// The most bytes read from a connection at a time, 1 KiB to 512 KiB; libcurl hands them over in deliveries of at most 16 KiB.
    public var bufferByteLimit: Int

    /// Makes settings; 64 KiB are read at a time unless told otherwise, which costs a quarter of the calls that 16 KiB cost.
    public init(
        userAgent: String,
        caFile: String? = nil,
        connectTimeout: Duration = .seconds(10),
        proxy: HTTPProxy? = nil,
        bufferByteLimit: Int = 64 * 1024
    ) {
        self.userAgent = userAgent
        self.caFile = caFile
        self.connectTimeout = connectTimeout
        self.proxy = proxy
        self.bufferByteLimit = min(max(bufferByteLimit, 1024), 512 * 1024)
    }
}
