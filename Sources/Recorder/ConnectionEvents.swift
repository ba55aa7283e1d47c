internal import HTTPClient
internal import Journal
internal import XAPI

/// The fields of the events that a connection leaves in the journal.
enum ConnectionEvents {
    /// Fields of an answer that could hold what only its receiver should know.
    private static let secretFields: Set<String> = [
        "authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie", "set-cookie2",
        "www-authenticate",
    ]
    /// Room for rules in an event, with some to spare.
    private static let rulesByteLimit = JournalEvent.byteLimit - 64 * 1024

    static func opened(
        _ connection: Int,
        of origin: ServerOrigin,
        url: String,
        _ head: HTTPHead
    ) -> [(String, EventValue)] {
        var headers: [(String, EventValue)] = []
        for (name, value) in head.headers where !secretFields.contains(name) {
            if let index = headers.firstIndex(where: { $0.0 == name }), case .string(let first) = headers[index].1 {
                headers[index].1 = .string("\(first), \(value)")
            } else {
                headers.append((name, .string(value)))
            }
        }
        return [
            ("origin", .string(origin.name)), ("connection", .integer(Int64(connection))), ("url", .string(url)),
            ("status", .integer(Int64(head.status))),
            ("headers", .object(headers)),
        ]
    }

    static func closed(
        _ connection: Int,
        _ end: ConnectionEnd,
        bytes: Int,
        error: HTTPClientError?
    ) -> [(String, EventValue)] {
        var fields: [(String, EventValue)] = [
            ("connection", .integer(Int64(connection))), ("why", .string(end.rawValue)),
            ("bytes", .integer(Int64(bytes))),
        ]
        if let error {
            fields.append(("error", .string(error.message)))
            fields.append(("curl", .integer(Int64(error.curlCode))))
        }
        return fields
    }

    /// The rules in force; where they exceed an event, as many as fit, and `truncated`.
    static func rules(_ rules: [ActiveRule]) -> [(String, EventValue)] {
        var room = rulesByteLimit
        var values: [EventValue] = []
        for rule in rules {
            let value = EventValue.object([
                ("id", .string(rule.id)), ("value", .string(rule.rule.value)), ("tag", .string(rule.rule.tag)),
            ])
            room -= value.json.count + 1
            guard room > 0 else { break }
            values.append(value)
        }
        let isWhole = values.count == rules.count
        return [("rules", .array(values))] + (isWhole ? [] : [("truncated", .bool(true))])
    }
}
