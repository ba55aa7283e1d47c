internal import HTTPClient

extension XAPIError {
    /// The error for an answer with a success status whose content is not what X sends: the page of a portal, or broken JSON.
    static func unreadable(_ request: HTTPClientRequest, _ answer: HTTPClientResponse) -> XAPIError {
        let first = answer.body.first { ![32, 9, 10, 13].contains($0) }
        let isForeign = first.map { ![UInt8(ascii: "{"), UInt8(ascii: "[")].contains($0) } ?? false
        let what = "\(request.method) \(request.displayURL)"
        let content = answer.head.header("content-type").map { " and \($0.prefix(80))" } ?? ""
        return XAPIError(
            code: isForeign ? .foreignAnswer : .unexpectedAnswer,
            message: isForeign
                ? "\(XAPIError.foreigner) \(what) with status \(answer.status)\(content), which is not JSON; "
                    + XAPIError.foreignAdvice
                : "\(what) answered \(answer.status) without whole JSON",
            status: answer.status,
            date: answer.head.header("date")
        )
    }

    /// Who sends what X never sends.
    public static let foreigner = "a portal or proxy answered"
    /// What to do about it.
    public static let foreignAdvice = "sign in to the network, or check the proxy and X_API_URL"

    /// Whether somebody else than X answered: X redirects nobody, and answers each request with 200, 201 or a refusal.
    public var isForeign: Bool { code == .foreignAnswer || code == .refused && (200...399).contains(status) }
}
