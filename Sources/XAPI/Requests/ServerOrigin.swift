/// Which server posts come from, as a journal keeps it: scheme, host and port, nothing secret.
///
/// Any address of this machine is the simulator, whatever its port: nothing there is X, and each start takes another port.
public struct ServerOrigin: Sendable, Hashable, CustomStringConvertible {
    /// `https://api.x.com` for X itself, `simulator` for an address of this machine.
    public let name: String

    /// An address of this machine.
    public static let simulator = ServerOrigin(name: "simulator")

    /// Takes a name that a journal holds.
    public init(name: String) { self.name = name }

    /// The name, and for the simulator what that is.
    public var description: String { self == .simulator ? "the simulator (an address of this machine)" : name }

    /// Why posts of this server must not come to a journal; nil where they may.
    ///
    /// - Parameters:
    ///   - journal: the journal's folder.
    ///   - known: the server of the posts that it holds; nil where it does not say.
    ///   - isAccepted: whether somebody said that this is the same X under another name. Made-up and real posts never share a
    ///     journal, whatever was said.
    public func refusal(for journal: String, of known: ServerOrigin?, isAccepted: Bool) -> String? {
        guard let known, known != self else { return nil }
        let isMixed = known == .simulator || self == .simulator
        guard isMixed || !isAccepted else { return nil }
        let what =
            "the journal \(journal) holds posts of \(known), and X_API_URL leads to \(self), which does not know them: its "
            + "lookups would take them for deleted"
        guard !isMixed else {
            return what
                + ". Made-up and real posts never share a journal: name another one with --journal, or set X_API_URL to "
                + "the server of this one"
        }
        return what
            + ". Set X_API_URL to \(known), or name another journal with --journal; where both are the same X, say so "
            + "with --accept-server"
    }
}

extension XEndpoint {
    /// Which server this is.
    public var origin: ServerOrigin {
        guard !isLoopback else { return .simulator }
        let parts = base.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        // Scheme, nothing, authority: a base was checked when it was made.
        var authority = (parts.count > 2 ? String(parts[2]) : host).lowercased()
        if base.hasPrefix("https://"), authority.hasSuffix(":443") { authority.removeLast(4) }
        return ServerOrigin(name: "https://" + authority)
    }
}
