internal import HTTPClient
internal import JSON

/// What X says it has billed, day by day: `GET /2/usage/tweets`.
///
/// X has described this answer in several shapes, with numbers as strings and as integers; what cannot be read is left out.
public struct DailyUsage: Sendable, Equatable {
    /// Posts of the whole project by UTC day, as in `2026-11-24`.
    public let posts: [String: Int]
    /// X's own time, from the `Date` field.
    public let date: String?

    /// Reads an answer; one in a shape nobody knows gives no days.
    public init(body: [UInt8], date: String?) {
        var posts: [String: Int] = [:]
        let project = JSONValue.parse(body)?["data"]?["daily_project_usage"]
        for entry in project?["usage"]?.elements ?? project?.elements ?? [] {
            guard let day = entry["date"]?.text?.prefix(10), day.utf8.count == 10,
                let count = (entry["usage"] ?? entry["tweets_consumed"])?.integer, count >= 0
            else { continue }
            posts[String(day)] = count
        }
        self.posts = posts
        self.date = date
    }
}

extension XAPIClient {
    /// Asks what X has billed today and yesterday; this costs nothing.
    ///
    /// - Parameter isCancelled: true ends the request; asked when the waker is woken, and at every tick.
    /// - Throws: `XAPIError`: `refused`, `unreachable`, `foreignAnswer`.
    public func dailyUsage(isCancelled: () -> Bool = { false }) throws(XAPIError) -> DailyUsage {
        let url = endpoint.url("/2/usage/tweets", [("days", "2"), ("usage.fields", "daily_project_usage")])
        let request = HTTPClientRequest(url: url, authorization: token.authorization)
        let answer = try send(request, bodyLimit: 1 << 20, isCancelled)
        guard answer.status == 200 else { throw refusal(request, answer) }
        if JSONValue.parse(answer.body) == nil {
            let error = XAPIError.unreadable(request, answer)
            if error.isForeign { throw error }
        }
        return DailyUsage(body: answer.body, date: answer.head.header("date"))
    }
}
