internal import HTTPClient

/// Where the API is: X itself, or a stand-in such as the simulator.
public struct XEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// The base URL, without a slash at its end.
    public let base: String
    /// The host's name or address, lower-case, without port and brackets.
    public let host: String

    /// X itself.
    public static let real = XEndpoint(base: "https://api.x.com", host: "api.x.com")

    /// Reads the value of `X_API_URL`.
    ///
    /// - Parameter text: an `http` or `https` URL without user information, query and fragment.
    /// - Throws: `.invalidAddress`; so does plain `http` to a host that is not this machine, because it would show the token.
    public init(_ text: String) throws(XAPIError) {
        var rest = text[...]
        let isPlain: Bool
        if rest.hasPrefix("https://") {
            isPlain = false
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            isPlain = true
            rest = rest.dropFirst(7)
        } else {
            throw Self.invalid(
                "X_API_URL does not begin with https:// or http://; leave it out to use \(XEndpoint.real.base)"
            )
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let isClean = !rest.contains { $0 == "?" || $0 == "#" || $0 == "@" || $0 == "\\" || $0.isWhitespace }
        let host = Self.host(of: authority).lowercased()
        guard isClean, !host.isEmpty else {
            throw Self.invalid("X_API_URL must be a scheme, a host and at most a path, such as http://127.0.0.1:8080")
        }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        self.host = host
        guard !isPlain || isLoopback else {
            throw Self.invalid("X_API_URL is plain http to \(host), which would show the bearer token; use https")
        }
    }

    private init(base: String, host: String) {
        self.base = base
        self.host = host
    }

    /// Whether the host is this machine, where nothing is billed: `localhost`, 127.0.0.0/8 or `::1`.
    public var isLoopback: Bool { Loopback.contains(host) }

    /// The base URL.
    public var description: String { base }

    /// The URL of a path with a query.
    ///
    /// - Parameters:
    ///   - path: begins with a slash.
    ///   - query: names and values, which are percent-encoded here; those with an empty value are left out.
    public func url(_ path: String, _ query: [(name: String, value: String)] = []) -> String {
        let items = query.filter { !$0.value.isEmpty }.map { "\($0.name)=\(Self.encode($0.value))" }
        return base + path + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }

    private static func host(of authority: Substring) -> Substring {
        if authority.hasPrefix("[") {
            return authority.dropFirst().prefix { $0 != "]" }
        }
        return authority.prefix { $0 != ":" }
    }

    /// Percent-encodes what RFC 3986 does not call unreserved; the comma, which X's lists use, stays.
    private static func encode(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126, 44: bytes.append(byte)
            default: bytes += [37, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func invalid(_ message: String) -> XAPIError {
        XAPIError(code: .invalidAddress, message: message)
    }
}
