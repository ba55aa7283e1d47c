internal import Failures
public import HTTPClient
public import Time

/// How services are asked: as whom, in which region, through which proxy.
public struct AWSConnection: Sendable {
    /// The region.
    public let region: String
    /// Who asks.
    public let credentials: CredentialStore
    /// The time to sign with.
    public let clock: SigningClock
    /// Proxy and certificate authorities.
    public var http: HTTPClientConfiguration
    /// How long an answer may take.
    public var timeout: Duration
    private let settings: AWSSettings

    /// Reads settings and files; nothing is asked for yet.
    ///
    /// - Parameters:
    ///   - http: for services and STS; what hands out credentials on this machine is asked without a proxy.
    ///   - clock: this machine's.
    ///   - timeout: how long an answer may take.
    /// - Throws: `AWSError`: no region, a profile that is not there, files that cannot be read.
    public init(
        _ settings: AWSSettings,
        http: HTTPClientConfiguration,
        clock: WallClock = .system,
        timeout: Duration = .seconds(60)
    ) throws(AWSError) {
        guard let region = settings.region else {
            throw AWSError(
                "no AWS region is set; set AWS_REGION, or region in the profile '\(settings.profileName)' of \(settings.configPath)",
                cause: .badRequest
            )
        }
        self.region = region
        self.settings = settings
        self.http = http
        self.timeout = timeout
        self.clock = SigningClock(clock)
        credentials = CredentialStore(CredentialChain(settings, http: http, clock: self.clock), clock: self.clock)
    }

    /// Where a service is: as the settings say, else AWS's own endpoint in the region.
    ///
    /// - Throws: `AWSError` for a setting that is no URL.
    public func endpoint(of service: String) throws(AWSError) -> AWSEndpoint {
        if let named = try namedEndpoint(of: service) { return named }
        return try .own(service, region)
    }

    /// Where the settings say that a service is; nil where they do not.
    func namedEndpoint(of service: String) throws(AWSError) -> AWSEndpoint? { try settings.endpoint(of: service) }
}
