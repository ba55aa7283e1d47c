internal import HTTPServer
internal import Time

/// `GET /2/usage/tweets`.
struct UsageEndpoint: Sendable {
    private static let id = "1"
    private static let cap = 3_000_000
    private static let defaultFields = "cap_reset_day,project_cap,project_id,project_usage"

    let meter: UsageMeter
    let clock: WallClock
    /// Version 2.166 had numbers where 2.167 has strings.
    let writesIntegers: Bool

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        let text = request.value("days") ?? "7"
        guard let dayCount = Int64(text), (1...90).contains(dayCount) else {
            return Problem.invalidRequest("days must be between 1 and 90", parameter: "days", value: text)
        }
        let fields = Set((request.value("usage.fields") ?? Self.defaultFields).split(separator: ","))
        let usage = meter.usage
        let now = clock.now
        // X's cycle is a project's own month; here it is the calendar's.
        let month = now.rfc3339.prefix(7)
        let thisMonth = usage.days.filter { $0.date.hasPrefix(month) }.reduce(0) { $0 + $1.billedCount }
        let days = usage.days.filter { now - $0.start < .seconds(86_400 * dayCount) && $0.start <= now }

        var json = JSONText()
        json.raw("{\"data\":{")
        if fields.contains("cap_reset_day") { json.raw("\"cap_reset_day\":1") }
        if fields.contains("daily_client_app_usage") {
            json.comma(unlessAfter: 123)
            json.raw("\"daily_client_app_usage\":[{")
            json.member("client_app_id", Self.id)
            write(days, to: &json)
            json.raw(",\"usage_result_count\":")
            json.number(UInt64(days.count))
            json.raw("}]")
        }
        if fields.contains("daily_project_usage") {
            json.comma(unlessAfter: 123)
            json.raw("\"daily_project_usage\":{")
            count("project_id", 1, to: &json)
            write(days, to: &json)
            json.raw("}")
        }
        if fields.contains("project_cap") { count("project_cap", Self.cap, to: &json) }
        if fields.contains("project_id") { json.member("project_id", Self.id) }
        if fields.contains("project_usage") { count("project_usage", thisMonth, to: &json) }
        json.raw("}}")
        return .json(json.bytes)
    }

    private func write(_ days: [SimulatedUsage.Day], to json: inout JSONText) {
        json.raw(",\"usage\":[")
        for day in days {
            json.comma(unlessAfter: 91)
            json.raw("{")
            json.member("date", day.date + "T00:00:00.000Z")
            count("usage", day.billedCount, to: &json)
            json.raw("}")
        }
        json.raw("]")
    }

    private func count(_ name: String, _ value: Int, to json: inout JSONText) {
        guard writesIntegers else { return json.member(name, String(value)) }
        json.comma(unlessAfter: 123)
        json.string(name)
        json.raw(":")
        json.number(UInt64(value))
    }
}
