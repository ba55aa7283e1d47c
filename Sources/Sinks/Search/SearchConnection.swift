public import AWS
public import HTTPClient

/// How a search engine is asked: who asks, whom it trusts, how long it waits.
public struct SearchConnection: Sendable {
    /// How requests are signed.
    public enum Credentials: Sendable {
        /// Not at all.
        case none
        /// `Authorization: Basic`.
        case basic(username: String, password: Secret)
        /// `Authorization: ApiKey`: the base64 form that the engine gave out.
        case apiKey(Secret)
        /// As AWS's services ask for it, by whoever the connection says.
        case aws(AWSConnection, service: AWSService)
    }

    /// Which of AWS's services an engine belongs to, by its name in signatures.
    public enum AWSService: String, Sendable, CaseIterable {
        /// Amazon OpenSearch Service: a domain.
        case es
        /// Amazon OpenSearch Serverless: a collection.
        case aoss
    }

    /// Who asks.
    public var credentials: Credentials
    /// A PEM file of certificate authorities trusted beside the system's.
    public var caFile: String?
    /// How long an answer may take.
    public var timeout: Duration
    /// Whether the bodies of bulk requests are compressed: less to send, more to do on both sides.
    public var usesGzip: Bool
    /// The proxy to the engine, or nil for none.
    public var proxy: HTTPProxy?
    /// Whether credentials may leave this machine in plain text, over `http`.
    public var allowsInsecureHTTP: Bool

    /// Makes settings.
    public init(
        credentials: Credentials = .none,
        caFile: String? = nil,
        timeout: Duration = .seconds(60),
        usesGzip: Bool = false,
        proxy: HTTPProxy? = nil,
        allowsInsecureHTTP: Bool = false
    ) {
        self.credentials = credentials
        self.caFile = caFile
        self.timeout = timeout
        self.usesGzip = usesGzip
        self.proxy = proxy
        self.allowsInsecureHTTP = allowsInsecureHTTP
    }

    /// Why its credentials may not be sent to an engine; nil where they may.
    ///
    /// They go over plain `http` to this machine only, unless `allowsInsecureHTTP`.
    public func insecurity(of address: SearchAddress) -> String? {
        if case .none = credentials { return nil }
        guard !allowsInsecureHTTP, address.url.lowercased().hasPrefix("http://"), !Loopback.isHost(ofURL: address.url)
        else { return nil }
        return
            "\(address) is plain http to another machine, which would show the engine's credentials to everyone on the way; "
            + "use https, or say --insecure-http"
    }
}
