/// A request, read to its end.
public struct HTTPRequest: Sendable {
    /// The method as sent, `GET` for example.
    public let method: String
    /// The path, percent-decoded, without the query; starts with `/`.
    public let path: String
    /// The query's names and values in their order, percent-decoded, `+` read as a space.
    public let query: [(String, String)]
    /// The headers in their order, names as sent.
    public let headers: [(String, String)]
    /// The body, at most `HTTPServerLimits.bodyByteLimit` bytes.
    public let body: [UInt8]
    /// The client's address and port, `127.0.0.1:40000` for example.
    public let remote: String
    /// Whom limits for one client count: its IPv4 address, or its IPv6 network.
    public let client: String

    /// Makes a request by hand, for tests of handlers.
    public init(
        method: String = "GET",
        target: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        remote: String = "127.0.0.1:0",
        client: String = "127.0.0.1"
    ) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        path = percentDecoded(parts.first.map(String.init) ?? "/")
        query = parts.count < 2 ? [] : parsedQuery(String(parts[1]))
        self.headers = headers
        self.body = body
        self.remote = remote
        self.client = client
    }

    /// The first header of that name, upper and lower case alike; nil where there is none.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.0.lowercased() == wanted }?.1
    }

    /// The first value of that name in the query; nil where there is none.
    public func value(_ name: String) -> String? {
        query.first { $0.0 == name }?.1
    }
}

/// The names and values of a query string.
func parsedQuery(_ text: String) -> [(String, String)] {
    text.split(separator: "&").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        func decoded(_ part: Substring) -> String {
            // Character by character costs more than all the rest, and few queries have a plus.
            percentDecoded(
                part.utf8.contains(UInt8(ascii: "+")) ? String(part.map { $0 == "+" ? " " : $0 }) : String(part)
            )
        }
        return (decoded(parts[0]), parts.count < 2 ? "" : decoded(parts[1]))
    }
}

/// The text with `%41` and the like replaced; an escape that is not two hexadecimal digits stays as it stands, and bytes
/// that are not UTF-8 become U+FFFD.
func percentDecoded(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
            let low = digit(bytes[index + 2])
        {
            decoded.append(high << 4 | low)
            index += 3
        } else {
            decoded.append(bytes[index])
            index += 1
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}
