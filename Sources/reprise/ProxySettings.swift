internal import HTTPClient
internal import Options

/// Which proxy a server is asked through: a named one, else the environment's.
enum ProxySettings {
    private static let form = "[SCHEME://][USER:PASSWORD@]HOST[:PORT], with user and password percent-encoded"

    /// The options that name a proxy.
    ///
    /// - Parameters:
    ///   - long: the option's name, `proxy` for example.
    ///   - server: whom it leads to.
    ///   - variable: the environment variable for it.
    static func options(_ long: String, to server: String, variable: String) -> [Option] {
        [
            Option(
                long: long,
                value: "URL",
                help:
                    "The proxy to \(server), without a password; without it HTTPS_PROXY (http_proxy for plain http) and NO_PROXY. "
                    + "Addresses of this machine are asked directly.",
                environment: variable,
                secret: true
            ),
            Option(
                long: "\(long)-file",
                value: "FILE",
                help:
                    "A file that holds the proxy's URL alone, with its user and password; \(variable) may hold them too."
            ),
        ]
    }

    /// The proxy for an address; nil where it is asked directly.
    ///
    /// An address of this machine has a proxy only where one on this machine is named: what goes there in plain text must not leave it.
    ///
    /// - Parameter long: the option that names a proxy.
    /// - Throws: `UsageError` for a password on the command line, else `ConfigurationError` or `ValueError`; none repeats the proxy's URL.
    static func proxy(_ invocation: Invocation, _ long: String, for url: String) throws -> HTTPProxy? {
        let proxy = try anyProxy(invocation, long, for: url)
        if let proxy, proxy.hasShortPassword, !Loopback.contains(proxy.host) {
            throw SecretSettings.tooShort("the password of the proxy \(proxy.host)")
        }
        return proxy
    }

    private static func anyProxy(_ invocation: Invocation, _ long: String, for url: String) throws -> HTTPProxy? {
        let isLoopback = Loopback.isHost(ofURL: url)
        let exemptions = variable(invocation, ["NO_PROXY", "no_proxy"])?.value ?? ""
        if let named = try named(invocation, long, exemptions) {
            return isLoopback && !Loopback.contains(named.host) ? nil : named
        }
        guard !isLoopback else { return nil }
        // The upper-case HTTP_PROXY is not read, as in curl: a web server's CGI scripts find a header of their client's in it.
        let own = url.lowercased().hasPrefix("https://") ? ["HTTPS_PROXY", "https_proxy"] : ["http_proxy"]
        guard let (name, value) = variable(invocation, own + ["ALL_PROXY", "all_proxy"]) else { return nil }
        do { return try HTTPProxy(Secret(value), exemptions: exemptions) } catch {
            throw ConfigurationError("\(name) in the environment: \(error.message)")
        }
    }

    private static func named(_ invocation: Invocation, _ long: String, _ exemptions: String) throws -> HTTPProxy? {
        let file = "\(long)-file"
        // The command line counts before the environment, whichever option is there.
        let text = invocation.isOnCommandLine(file) ? nil : invocation.string(long)
        guard let text else {
            guard let secret = try SecretSettings.inFile(invocation, of: file) else { return nil }
            do { return try HTTPProxy(secret, exemptions: exemptions) } catch {
                throw ConfigurationError("the file of --\(file): \(error.message)")
            }
        }
        let isOnCommandLine = invocation.isOnCommandLine(long)
        // A text that cannot be read may hold a password all the same.
        let proxy = try? HTTPProxy(Secret(text), exemptions: exemptions)
        if isOnCommandLine, proxy?.hasCredentials ?? text.contains("@") {
            let variable = invocation.variable(of: long) ?? ""
            throw UsageError(
                "--\(long) holds a user or password, which every user of this machine can read in the list of processes; "
                    + "set \(variable) in the environment, or name a file that holds the URL with --\(file)",
                command: invocation.path
            )
        }
        guard let proxy else { throw invocation.wrong(long, "", form) }
        return proxy
    }

    private static func variable(_ invocation: Invocation, _ names: [String]) -> (name: String, value: String)? {
        for name in names {
            if let value = invocation.environment[name], !value.isEmpty { return (name, value) }
        }
        return nil
    }
}
