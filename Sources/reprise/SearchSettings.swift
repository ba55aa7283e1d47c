internal import HTTPClient
internal import Options
internal import Sinks

/// How commands that deliver to a search engine say who they are and whom they trust.
enum SearchSettings {
    static let options =
        [
            Option(
                long: "search-username",
                value: "NAME",
                help: "The search engine's user.",
                environment: "REPRISE_SEARCH_USERNAME"
            ),
            Option(
                long: "search-password-file",
                value: "FILE",
                help:
                    "A file that holds the password alone; without it, REPRISE_SEARCH_PASSWORD in the environment holds it."
            ),
            Option(
                long: "search-api-key-file",
                value: "FILE",
                help:
                    "A file that holds an API key alone, as Elasticsearch encoded it; without it, REPRISE_SEARCH_API_KEY."
            ),
            Option(
                long: "search-aws",
                value: "SERVICE",
                help:
                    "Sign every request to the search engine by AWS's credentials: es for a domain of Amazon OpenSearch Service, aoss for "
                    + "a collection of OpenSearch Serverless.",
                environment: "REPRISE_SEARCH_AWS"
            ),
            Option(
                long: "search-ca-file",
                value: "FILE",
                help: "Certificate authorities (PEM) to trust for the search engine, beside the system's."
            ),
            Option(
                long: "search-gzip",
                help: "Compress what is sent to the search engine, where the network is what holds it up.",
                environment: "REPRISE_SEARCH_GZIP"
            ),
            Option(
                long: "insecure-http",
                help:
                    "Send credentials, or what they sign, over plain http to another machine, where everyone on the way can read it."
            ),
        ] + ProxySettings.options("search-proxy", to: "the search engine", variable: "REPRISE_SEARCH_PROXY")

    /// How the engine of an address is asked.
    ///
    /// - Throws: `ConfigurationError`, for credentials that would be shown on the way, among others.
    static func connection(_ invocation: Invocation, to address: SearchAddress) throws -> SearchConnection {
        let connection = SearchConnection(
            credentials: try aws(invocation) ?? credentials(invocation, for: address.url),
            caFile: invocation.string("search-ca-file"),
            usesGzip: invocation.flag("search-gzip"),
            proxy: try ProxySettings.proxy(invocation, "search-proxy", for: address.url),
            allowsInsecureHTTP: invocation.flag("insecure-http")
        )
        if let insecurity = connection.insecurity(of: address) { throw ConfigurationError(insecurity) }
        return connection
    }

    /// AWS's credentials, where requests are to be signed by them.
    private static func aws(_ invocation: Invocation) throws -> SearchConnection.Credentials? {
        guard let name = invocation.string("search-aws") else { return nil }
        guard let service = SearchConnection.AWSService(rawValue: name) else {
            throw invocation.wrong("search-aws", name, "es or aoss")
        }
        let others = ["search-username", "search-password-file", "search-api-key-file"].first {
            invocation.string($0) != nil
        }
        if let others { throw ConfigurationError("--search-aws signs requests itself, so it goes without \(others)") }
        return .aws(try AWSOptions.connection(invocation), service: service)
    }

    private static func credentials(_ invocation: Invocation, for url: String) throws -> SearchConnection.Credentials {
        let key = try secret(invocation, file: "search-api-key-file", variable: "REPRISE_SEARCH_API_KEY")
        let username = invocation.string("search-username")
        let password = try secret(invocation, file: "search-password-file", variable: "REPRISE_SEARCH_PASSWORD")
        try SecretSettings.check(key, "the search engine's API key", for: url)
        try SecretSettings.check(password, "the search engine's password", for: url)
        switch (key, username, password) {
        case (let key?, nil, _): return .apiKey(key)
        case (nil, let username?, let password?): return .basic(username: username, password: password)
        case (nil, nil, nil): return .none
        case (.some, .some, _):
            throw ConfigurationError("give the search engine an API key or a user, not both")
        case (nil, .some, nil):
            throw ConfigurationError("the search engine's user has no password: set REPRISE_SEARCH_PASSWORD")
        case (nil, nil, .some):
            throw ConfigurationError("the search engine's password has no user: set REPRISE_SEARCH_USERNAME")
        }
    }

    private static func secret(_ invocation: Invocation, file: String, variable: String) throws -> Secret? {
        if let secret = try SecretSettings.inFile(invocation, of: file) { return secret }
        return invocation.environment[variable].flatMap { $0.isEmpty ? nil : Secret($0) }
    }
}
