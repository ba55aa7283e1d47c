internal import HTTPClient
internal import Options
internal import XAPI

/// What every command that talks to X shares: its address, the token, proxy and certificates.
enum XSettings {
    static let options =
        [
            Option(
                long: "x-api-url",
                value: "URL",
                help: "Where X is; an address of this machine, such as the simulator's, costs nothing.",
                environment: "X_API_URL",
                default: XEndpoint.real.base
            ),
            Option(
                long: "token-file",
                value: "FILE",
                help:
                    "A file that holds the app's bearer token alone; without it, BEARER_TOKEN in the environment holds it."
            ),
            Option(long: "ca-file", value: "FILE", help: "Certificate authorities (PEM) to trust beside the system's."),
        ] + ProxySettings.options("proxy", to: "X", variable: "REPRISE_PROXY")

    /// Where X is.
    static func endpoint(_ invocation: Invocation) throws -> XEndpoint {
        try XEndpoint(invocation.string("x-api-url") ?? XEndpoint.real.base)
    }

    /// The token; a stand-in for X on this machine gets one that means nothing where there is none.
    static func token(_ invocation: Invocation, for endpoint: XEndpoint) throws -> BearerToken {
        let token = try anyToken(invocation, for: endpoint)
        try SecretSettings.check(token.authorization, "the bearer token", for: endpoint.base)
        return token
    }

    private static func anyToken(_ invocation: Invocation, for endpoint: XEndpoint) throws -> BearerToken {
        if let path = invocation.string("token-file") {
            let text = try TextFile.read(path, "the token file")
            do { return try BearerToken(text) } catch {
                throw ConfigurationError("\(path): \(error.message)")
            }
        }
        if let text = invocation.environment["BEARER_TOKEN"], !text.isEmpty { return try BearerToken(text) }
        guard !endpoint.isLoopback else { return try BearerToken("none") }
        throw ConfigurationError(
            "X asks for your app's bearer token: set BEARER_TOKEN in the environment, or name a file that holds it with "
                + "--token-file; or try it without X: reprise simulate, and X_API_URL=http://127.0.0.1:8081"
        )
    }

    /// Settings of the client below.
    static func http(_ invocation: Invocation, for endpoint: XEndpoint) throws -> HTTPClientConfiguration {
        HTTPClientConfiguration(
            userAgent: "reprise/\(Program.version)",
            caFile: invocation.string("ca-file"),
            proxy: try ProxySettings.proxy(invocation, "proxy", for: endpoint.base)
        )
    }

    /// A client for small questions.
    static func client(_ invocation: Invocation) throws -> XAPIClient {
        let endpoint = try endpoint(invocation)
        return XAPIClient(
            endpoint: endpoint,
            token: try token(invocation, for: endpoint),
            http: try HTTPClient(configuration: http(invocation, for: endpoint))
        )
    }

    /// The rules of a file.
    static func rules(_ path: String) throws -> [StreamRule] {
        try RulesFile.parse(TextFile.read(path, "the rules file"), name: path)
    }
}
