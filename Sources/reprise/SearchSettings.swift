internal import HTTPClient
internal import Options
internal import Sinks

/// How commands that deliver to a search engine say who they are and whom they trust.
enum SearchSettings {
    static let options = [
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
            help: "A file that holds an API key alone, as Elasticsearch encoded it; without it, REPRISE_SEARCH_API_KEY."
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
    ]

    static func connection(_ invocation: Invocation) throws -> SearchConnection {
        SearchConnection(
            credentials: try credentials(invocation),
            caFile: invocation.string("search-ca-file"),
            usesGzip: invocation.flag("search-gzip")
        )
    }

    private static func credentials(_ invocation: Invocation) throws -> SearchConnection.Credentials {
        let key = try secret(invocation, file: "search-api-key-file", variable: "REPRISE_SEARCH_API_KEY")
        let username = invocation.string("search-username")
        let password = try secret(invocation, file: "search-password-file", variable: "REPRISE_SEARCH_PASSWORD")
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
        if let path = invocation.string(file) {
            let text = try TextFile.read(path, "the file of --\(file)")
            let trimmed = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            guard !trimmed.isEmpty else { throw ConfigurationError("\(path) is empty") }
            return Secret(trimmed)
        }
        return invocation.environment[variable].flatMap { $0.isEmpty ? nil : Secret($0) }
    }
}
