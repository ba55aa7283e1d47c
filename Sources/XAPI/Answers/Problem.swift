internal import JSON
/// Something X says is wrong, from any of its three envelopes.
///
/// They are: a problem object at top level (RFC 7807), `errors` of problem objects, and the older `errors` of code and message.
public struct Problem: Sendable, Hashable, CustomStringConvertible {
    /// The last path segment of its `type`, such as `usage-capped`; empty where there is none.
    ///
    /// Only this segment counts: hosts and prefixes of the URL vary.
    public var type = ""
    /// `title`, empty where there is none.
    public var title = ""
    /// `detail`, the joined `details`, or the older `message`; empty where there is none.
    public var detail = ""
    /// Of a problem at top level, the `message` or `detail` of each error listed in it: what is really wrong with the request.
    public var causes: [String] = []
    /// `connection_issue`, such as `TooManyConnections`.
    public var connectionIssue: String?
    /// `disconnect_type`, such as `OperationalDisconnect`.
    public var disconnectType: String?
    /// The older numeric `code`.
    public var legacyCode: Int?
    /// `value`: the rule that is meant.
    public var value: String?
    /// `id`: the rule that is meant.
    public var id: String?
    /// `period` of a cap: `Daily` or `Monthly`.
    public var period: String?
    /// `reason` of a refused client.
    public var reason: String?

    /// Makes an empty problem.
    public init() {}

    /// Title, detail and kind in one line, 500 characters at most and without control characters.
    public var description: String {
        // Some answers repeat the title as the detail. Causes come first: the detail above them is the same for every request.
        var parts = [title, causes.joined(separator: "; "), title == detail ? "" : detail].filter { !$0.isEmpty }
        if let connectionIssue { parts.append("(\(connectionIssue))") }
        if let disconnectType { parts.append("(\(disconnectType))") }
        if let legacyCode { parts.append("(code \(legacyCode))") }
        if parts.isEmpty { parts.append(type.isEmpty ? "no reason given" : type) }
        let text = parts.joined(separator: " ")
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(500).map { $0.value < 32 ? " " : $0 }))
    }

    /// The connection is refused because another one with the same token is open.
    public var isTooManyConnections: Bool { connectionIssue == "TooManyConnections" }

    /// The period's number of posts is used up.
    public var isUsageCap: Bool { type == "usage-capped" || title == "UsageCapExceeded" }

    /// The request is refused because X does not know one of its parameters.
    ///
    /// - Parameter name: of the parameter, as X puts it in brackets: `The query parameter [post.fields] is not one of […]`.
    public func isUnknownParameter(_ name: String) -> Bool {
        (causes + [detail]).contains { $0.contains("query parameter [\(name)]") }
    }

    /// The rule is in force already.
    public var isDuplicateRule: Bool { type == "duplicate-rules" || title == "DuplicateRule" }
}

extension Problem {
    /// All problems a body tells of, whichever envelope it uses; none where it is no JSON.
    ///
    /// - Parameter body: a whole answer, or one line of a stream.
    public static func all(in body: [UInt8]) -> [Problem] {
        guard let json = JSONValue.parse(body) else { return [] }
        return all(in: json)
    }

    static func all(in json: JSONValue) -> [Problem] {
        let listed = json["errors"]?.elements.map(Problem.init(json:)) ?? []
        var top = Problem(json: json)
        // A top-level problem may list the fields that are wrong in `errors`; it comes first.
        let hasTop = !top.type.isEmpty || !top.title.isEmpty || top.connectionIssue != nil || !top.detail.isEmpty
        guard hasTop else { return listed }
        top.causes = listed.map(\.detail).filter { !$0.isEmpty && $0 != top.detail }
        return [top] + listed
    }

    private init(json: JSONValue) {
        self.init()
        let url = json["type"]?.text ?? ""
        type = url.split(separator: "/").last.map(String.init) ?? ""
        title = json["title"]?.text ?? ""
        let details = json["details"].map { $0.text.map { [$0] } ?? $0.elements.compactMap(\.text) } ?? []
        detail = ([json["detail"]?.text ?? json["message"]?.text].compactMap { $0 } + details).joined(separator: "; ")
        connectionIssue = json["connection_issue"]?.text
        disconnectType = json["disconnect_type"]?.text
        legacyCode = json["code"]?.integer
        value = json["value"]?.text
        id = json["id"]?.text
        period = json["period"]?.text
        reason = json["reason"]?.text
    }
}
