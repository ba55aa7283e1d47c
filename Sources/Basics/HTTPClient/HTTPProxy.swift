/// A proxy: where it is, and who asks it.
///
/// User and password are kept apart from the address, so that no text of libcurl can hold them.
public struct HTTPProxy: Sendable, Hashable {
    /// The proxy's URL without user information: `http://proxy.example:3128`.
    public let url: String
    /// The proxy's host, lower case, without brackets.
    public let host: String
    /// Hosts that are reached without it, as NO_PROXY lists them, separated by commas: a name stands for the names below it too,
    /// `*` for all; networks are written 10.0.0.0/8.
    public let exemptions: String
    let username: Secret?
    let password: Secret?

    /// Schemes that libcurl speaks to a proxy, curl(1) `--proxy`.
    private static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
    private static let remedy =
        "write [SCHEME://][USER:PASSWORD@]HOST[:PORT], with the scheme \(schemes.joined(separator: ", ")); "
        + "percent-encode special characters of user and password"

    /// Whether it is asked with a user or password.
    public var hasCredentials: Bool { username != nil || password != nil }

    /// Reads a proxy's URL.
    ///
    /// - Parameters:
    ///   - text: `[SCHEME://][USER:PASSWORD@]HOST[:PORT]`, user and password percent-encoded; no scheme means `http`.
    ///   - exemptions: hosts that are reached without it.
    /// - Throws: `.invalidRequest`, whose message repeats nothing of the text.
    public init(_ text: Secret, exemptions: String = "") throws(HTTPClientError) {
        self.exemptions = exemptions
        var rest = text.reveal()[...]
        while let first = rest.utf8.first, first == 32 || (9...13).contains(first) { rest = rest.dropFirst() }
        while let last = rest.utf8.last, last == 32 || (9...13).contains(last) { rest = rest.dropLast() }
        var scheme = "http"
        if let mark = rest.firstRange(of: "://") {
            scheme = rest[..<mark.lowerBound].lowercased()
            rest = rest[mark.upperBound...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var user: Substring?
        if let at = rest.lastIndex(of: "@") {
            user = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        guard Self.schemes.contains(scheme) else { throw Self.invalid("its scheme is unsupported") }
        guard let (host, port) = Self.parts(rest) else { throw Self.invalid("its host or port is invalid") }
        guard user.map(Self.isClean) ?? true else { throw Self.invalid("its user or password is invalid") }
        self.host = host.lowercased()
        url = scheme + "://" + (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
        let pieces = user?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(Self.decoded)
        username = pieces.map { Secret($0[0]) }
        password = pieces.flatMap { $0.count > 1 ? Secret($0[1]) : nil }
    }

    /// Whether it has a password that is too short to be kept out of texts that the proxy sends back.
    public var hasShortPassword: Bool { password?.isTooShortToHide ?? false }

    /// What must not be repeated of what the proxy is sent.
    var secrets: [Secret] {
        guard let username else { return [] }
        guard let password else { return [username] }
        return [password, .basic(username: username.reveal(), password: password)]
    }

    // MARK: - Internal

    /// Host and port; nil where the text is no such thing.
    private static func parts(_ text: Substring) -> (host: String, port: UInt16?)? {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit || $0 == 58 || $0 == 46 }) else {
                return nil
            }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard host.utf8.allSatisfy({ $0 == 45 || $0 == 46 || $0 == 95 || isLetterOrDigit($0) }) else { return nil }
        }
        guard !host.isEmpty else { return nil }
        guard let port else { return (String(host), nil) }
        guard port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port), number > 0 else {
            return nil
        }
        return (String(host), number)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// Printable ASCII that no URL needs to have encoded.
    private static func isClean(_ user: Substring) -> Bool {
        user.utf8.allSatisfy { $0 > 32 && $0 < 127 } && !user.contains { "/?#\\".contains($0) }
    }

    private static func decoded(_ text: Substring) -> String {
        String(decoding: SecretFilter.percentDecoded(Array(text.utf8)), as: UTF8.self)
    }

    private static func invalid(_ problem: String) -> HTTPClientError {
        HTTPClientError(code: .invalidRequest, message: "the proxy's address cannot be used: \(problem); \(remedy)")
    }
}
