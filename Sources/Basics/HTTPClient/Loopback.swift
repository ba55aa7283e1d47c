/// This machine's addresses.
public enum Loopback {
    /// Whether a host is `localhost`, in 127.0.0.0/8, or `::1`; lower case, without brackets.
    public static func contains(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether a URL's host is this machine.
    public static func isHost(ofURL url: String) -> Bool {
        guard let mark = url.firstRange(of: "://") else { return false }
        var authority = url[mark.upperBound...].prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        let host =
            authority.hasPrefix("[") ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return contains(host.lowercased())
    }
}
