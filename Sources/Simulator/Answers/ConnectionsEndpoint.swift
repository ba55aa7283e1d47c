internal import HTTPServer
internal import JSON
internal import Time

/// `/2/connections`: which streams are and were open, and how a client ends them.
struct ConnectionsEndpoint: Sendable {
    private static let pageLimit = 100
    /// The one stream that the simulator has.
    private static let streamName = "filtered_stream"

    let stream: StreamEndpoint

    /// Lists connections, the newest first, a page at a time.
    func list(_ request: HTTPRequest) -> HTTPResponse {
        let text = request.value("max_results") ?? "10"
        guard let pageSize = Int(text), (1...Self.pageLimit).contains(pageSize) else {
            return Problem.invalidRequest(
                "The `max_results` query parameter value [\(text)] is not between 1 and \(Self.pageLimit)",
                parameter: "max_results",
                value: text
            )
        }
        let token = request.value("pagination_token")
        guard let start = Int(token ?? "0"), start >= 0 else {
            return Problem.invalidRequest("unknown pagination_token", parameter: "pagination_token", value: token)
        }
        let status = request.value("status")?.lowercased() ?? "active"
        let isOfStream = request.value("endpoints").map { $0.split(separator: ",").contains { $0 == Self.streamName } }
        let found = stream.history.entries.reversed().filter { entry in
            (status == "all" || (entry.closed == nil) == (status == "active")) && isOfStream ?? true
        }
        let fields = Set((request.value("connection.fields") ?? "").split(separator: ",").map(String.init))
        let page = found.dropFirst(start).prefix(pageSize)
        var json = JSONText()
        json.raw("{")
        if !page.isEmpty {
            json.raw("\"data\":[")
            for entry in page {
                json.comma(unlessAfter: 91)
                write(entry, fields, to: &json)
            }
            json.raw("],")
        }
        json.raw("\"meta\":{\"result_count\":")
        json.number(UInt64(page.count))
        if start + page.count < found.count { json.member("next_token", String(start + page.count)) }
        json.raw("}}")
        return .json(json.bytes)
    }

    /// Ends all connections.
    func endAll(_ request: HTTPRequest) -> HTTPResponse {
        answer(ended: stream.end { _ in true })
    }

    /// Ends the connections of the stream that the path names.
    func endStream(_ request: HTTPRequest) -> HTTPResponse {
        let name = String(request.path.split(separator: "/").last ?? "")
        guard FieldNames.streams.contains(name) else {
            return Problem.invalidRequest(
                "The `endpoint_id` query parameter value [\(name)] is not one of "
                    + "[\(FieldNames.streams.joined(separator: ","))]",
                parameter: "endpoint_id",
                value: name
            )
        }
        return answer(ended: name == Self.streamName ? stream.end { _ in true } : [])
    }

    /// Ends the connections that the body names.
    func endListed(_ request: HTTPRequest) -> HTTPResponse {
        guard let body = JSONValue.parse(request.body), case .object(let members) = body, members.count == 1,
            case .array(let elements)? = members["uuids"], (1...100).contains(elements.count)
        else {
            return Problem.invalidRequest("The request's body must hold 1 to 100 uuids", parameter: "uuids")
        }
        var wanted: [String] = []
        for element in elements {
            guard case .string(let id) = element else {
                return Problem.invalidRequest("uuids must be strings", parameter: "uuids")
            }
            wanted.append(id)
        }
        let ended = stream.end { wanted.contains($0.id) }
        return answer(ended: ended, missed: wanted.filter { !ended.contains($0) })
    }

    // MARK: - Internal

    private func write(_ entry: ConnectionHistory.Entry, _ fields: Set<String>, to json: inout JSONText) {
        func time(_ time: Timestamp) -> String { String(time.rfc3339.prefix(23)) + "Z" }
        json.raw("{")
        if fields.contains("client_ip") { json.member("client_ip", entry.client) }
        if fields.contains("connected_at") { json.member("connected_at", time(entry.opened)) }
        if fields.contains("disconnect_reason"), let reason = entry.reason {
            json.member("disconnect_reason", reason)
        }
        if fields.contains("disconnected_at"), let closed = entry.closed {
            json.member("disconnected_at", time(closed))
        }
        if fields.contains("endpoint_name") { json.member("endpoint_name", Self.streamName) }
        json.member("id", entry.id)
        json.raw("}")
    }

    private func answer(ended: [String], missed: [String] = []) -> HTTPResponse {
        var json = JSONText()
        json.raw("{\"data\":{\"successful_kills\":")
        json.number(UInt64(ended.count))
        json.raw(",\"failed_kills\":")
        json.number(UInt64(missed.count))
        json.raw(",\"results\":[")
        for id in ended {
            json.comma(unlessAfter: 91)
            json.raw("{")
            json.member("uuid", id)
            json.raw(",\"success\":true}")
        }
        for id in missed {
            json.comma(unlessAfter: 91)
            json.raw("{")
            json.member("uuid", id)
            json.raw(",\"success\":false")
            json.member("error_message", "no open connection has this uuid")
            json.raw("}")
        }
        json.raw("]}}")
        return .json(json.bytes)
    }
}
