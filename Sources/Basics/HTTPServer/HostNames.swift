/// Guards a server on loopback against pages that make their own name point there (DNS rebinding): a browser says in `Host`
/// which name it asked for.
public enum HostNames {
    /// Whether a host name or address, without its port, means this machine itself.
    public static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "::ffff:127.0.0.1" {
            return true
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The host in a `Host` header, without its port and without brackets.
    public static func host(inHeader header: String) -> String {
        if header.hasPrefix("["), let end = header.firstIndex(of: "]") {
            return String(header[header.index(after: header.startIndex)..<end])
        }
        guard let colon = header.lastIndex(of: ":") else { return header }
        return String(header[..<colon])
    }

    /// Whether a request with this `Host` header is meant for a server on loopback.
    ///
    /// - Parameters:
    ///   - header: the header, nil where the client sent none (no browser does that).
    ///   - allowed: further names, for a proxy or tunnel in front; lower case.
    /// - Returns: whether to answer; false deserves a 421.
    public static func isAllowed(_ header: String?, alsoAllowing allowed: Set<String> = []) -> Bool {
        guard let header else { return true }
        let name = host(inHeader: header)
        return isLoopback(name) || allowed.contains(name.lowercased())
    }
}
