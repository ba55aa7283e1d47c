internal import HTTPServer

/// X's problem objects, as JSON.
enum Problem {
    static let operationalDisconnect =
        #"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","#
        + #""detail":"This stream has been disconnected upstream for operational reasons.","#
        + #""type":"https://api.x.com/2/problems/operational-disconnect"}]}"#

    static let unauthorized = answer(401, title: "Unauthorized", detail: "Unauthorized", type: "about:blank")

    static let tooManyConnections = connection(
        429,
        "TooManyConnections",
        "This stream is currently at the maximum allowed connection limit."
    )

    static let noRules = connection(
        409,
        "RuleConfigurationIssue",
        "Rules must be defined before connecting to this stream: POST one to /2/tweets/search/stream/rules."
    )

    /// An answer to a request that X would not understand.
    ///
    /// X's own words on what is wrong stand in `errors`; the detail is the same for every request.
    static func invalidRequest(_ message: String, parameter: String? = nil, value: String? = nil) -> HTTPResponse {
        var json = JSONText()
        json.raw("{\"errors\":[{")
        if let parameter {
            json.raw("\"parameters\":{")
            json.string(parameter)
            json.raw(":[")
            json.string(value ?? "")
            json.raw("]}")
        }
        json.member("message", message)
        json.raw("}]")
        json.member("title", "Invalid Request")
        json.member("detail", "One or more parameters to your request was invalid.")
        json.member("type", "https://api.x.com/2/problems/invalid-request")
        json.raw("}")
        return .bytes(json.bytes, type: "application/problem+json; charset=utf-8", status: 400)
    }

    /// An answer that any status may have.
    static func status(_ status: Int) -> HTTPResponse {
        switch status {
        case 402:
            answer(402, title: "CreditsDepleted", detail: "The account has no credits left.", type: "about:blank")
        case 429: answer(429, title: "Too Many Requests", detail: "Too Many Requests", type: "about:blank")
        case 503:
            answer(503, title: "Service Unavailable", detail: "Service Unavailable", type: "about:blank")
        default: answer(status, title: "Error \(status)", detail: "The simulator was told so.", type: "about:blank")
        }
    }

    static func answer(
        _ status: Int,
        title: String,
        detail: String,
        type: String,
        further: [(String, String?)] = []
    ) -> HTTPResponse {
        var json = JSONText()
        json.raw("{")
        json.member("title", title)
        json.member("detail", detail)
        json.member("type", type)
        json.raw(",\"status\":")
        json.number(UInt64(status))
        for (name, value) in further {
            if let value { json.member(name, value) }
        }
        json.raw("}")
        return .bytes(json.bytes, type: "application/problem+json; charset=utf-8", status: status)
    }

    private static func connection(_ status: Int, _ issue: String, _ detail: String) -> HTTPResponse {
        answer(
            status,
            title: "ConnectionException",
            detail: detail,
            type: "https://api.x.com/2/problems/streaming-connection",
            further: [("connection_issue", issue)]
        )
    }
}

extension JSONText {
    /// Appends a member of an object whose value is a string, with the comma before it where one is due.
    mutating func member(_ name: String, _ value: String) {
        comma(unlessAfter: 123)
        string(name)
        raw(":")
        string(value)
    }
}
