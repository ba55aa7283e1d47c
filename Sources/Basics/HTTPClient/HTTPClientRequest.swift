/// One HTTP request, complete with its body.
public struct HTTPClientRequest: Sendable {
    /// The method, such as `GET`.
    public var method: String
    /// The absolute `http` or `https` URL, percent-encoded.
    public var url: String
    /// Header fields in order; names and values hold no line breaks.
    public var headers: [(name: String, value: String)]
    /// The whole value of the `Authorization` field, or nil for none.
    public var authorization: Secret?
    /// The body, or nil for none.
    public var body: [UInt8]?
    /// Whether it leaves once at most (default false).
    ///
    /// Else libcurl sends it again by itself where a kept connection is closed before an answer, and the server may have done what
    /// was asked of it twice.
    public var isSentOnce = false

    /// Makes a request; nothing is checked before it is sent.
    public init(
        method: String = "GET",
        url: String,
        headers: [(name: String, value: String)] = [],
        authorization: Secret? = nil,
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.authorization = authorization
        self.body = body
    }

    /// Removes the request's credentials from bytes that came in answer to it, before they are shown or logged.
    public func blottedOut(of bytes: [UInt8]) -> [UInt8] {
        authorization.map { SecretFilter([$0]).blottedOut(of: bytes) } ?? bytes
    }

    /// The URL for people: without user information, query and fragment, where secrets may stand.
    public var displayURL: String {
        var text = url.prefix { $0 != "?" && $0 != "#" }
        if let scheme = text.range(ofSlashes: ()) {
            let authority = text[scheme...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@") {
                text = text[..<scheme] + text[text.index(after: at)...]
            }
        }
        return String(text)
    }
}

extension Substring {
    /// The index after the first `://`.
    fileprivate func range(ofSlashes: Void) -> Index? {
        var rest = self[...]
        while let colon = rest.firstIndex(of: ":") {
            if rest[colon...].hasPrefix("://") { return rest.index(colon, offsetBy: 3) }
            rest = rest[rest.index(after: colon)...]
        }
        return nil
    }
}
