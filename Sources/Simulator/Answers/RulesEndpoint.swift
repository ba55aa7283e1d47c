internal import FoundationEssentials
internal import HTTPServer
internal import Time

/// `/2/tweets/search/stream/rules` and `/counts`.
final class RulesEndpoint: Sendable {
    private static let pageLimit = 1_000

    private let rules: RuleBook
    private let clock: WallClock

    init(rules: RuleBook, clock: WallClock) {
        self.rules = rules
        self.clock = clock
    }

    /// Lists rules, a page at a time.
    func list(_ request: HTTPRequest) -> HTTPResponse {
        var pageSize = Self.pageLimit
        if let text = request.value("max_results") {
            guard let size = Int(text), (1...Self.pageLimit).contains(size) else {
                return Problem.invalidRequest(
                    "max_results must be between 1 and \(Self.pageLimit)",
                    parameter: "max_results",
                    value: text
                )
            }
            pageSize = size
        }
        var start = 0
        if let token = request.value("pagination_token") {
            guard let offset = Self.offset(inToken: token) else {
                return Problem.invalidRequest("unknown pagination_token", parameter: "pagination_token", value: token)
            }
            start = offset
        }
        var found = rules.current.entries.map(\.rule)
        if let text = request.value("ids") {
            let ids = text.split(separator: ",").map(String.init)
            guard ids.count <= Self.pageLimit, ids.allSatisfy(isID) else {
                return Problem.invalidRequest("ids must be up to 1000 numbers", parameter: "ids", value: text)
            }
            found = found.filter { ids.contains($0.id) }
        }
        let page = found.dropFirst(start).prefix(pageSize)
        var json = JSONText()
        json.raw("{")
        if !page.isEmpty { json.rules("data", Array(page)) }
        beginMeta(&json)
        json.raw(",\"result_count\":")
        json.number(UInt64(page.count))
        if start + page.count < found.count { json.member("next_token", Self.token(offset: start + page.count)) }
        json.raw("}}")
        return .json(json.bytes)
    }

    /// Counts rules.
    func count(_ request: HTTPRequest) -> HTTPResponse {
        let count = rules.current.entries.count
        return .json(
            """
            {"data":{"cap_per_client_app":"\(RuleBook.cap)","cap_per_project":"\(RuleBook.cap)",\
            "client_app_rules_count":{"client_app_id":"1","rule_count":\(count)},"project_rules_count":"\(count)"}}
            """
        )
    }

    /// Adds or deletes rules.
    func update(_ request: HTTPRequest) -> HTTPResponse {
        let isDryRun = request.value("dry_run")?.lowercased() == "true"
        if request.value("delete_all")?.lowercased() == "true" { return answer(rules.deleteAll(dryRun: isDryRun)) }
        let change: RuleChange
        do throws(RuleChange.Failure) {
            change = try RuleChange(json: request.body)
        } catch {
            return Problem.invalidRequest(error.detail, parameter: error.parameter)
        }
        switch change {
        case .add(let added): return answer(rules.add(added, dryRun: isDryRun), askedCount: added.count)
        case .delete(let ids, let values):
            return answer(rules.delete(ids: ids, values: values, dryRun: isDryRun))
        }
    }

    // MARK: - Internal

    private func answer(_ addition: RuleBook.Addition, askedCount: Int) -> HTTPResponse {
        var json = JSONText()
        json.raw("{")
        if !addition.created.isEmpty { json.rules("data", addition.created) }
        beginMeta(&json)
        let created = addition.created.count
        json.summary([
            ("created", created), ("not_created", askedCount - created), ("valid", created),
            ("invalid", askedCount - created),
        ])
        json.raw("}")
        var errors: [[(String, String)]] = addition.duplicates.map {
            [("value", $0.value), ("id", $0.id), ("title", "DuplicateRule"), ("type", problem("duplicate-rules"))]
        }
        errors += addition.invalid.map {
            [
                ("value", $0.rule.value), ("details", $0.detail), ("title", "UnprocessableEntity"),
                ("type", problem("invalid-rules")),
            ]
        }
        if addition.overCapCount > 0 {
            errors.append([
                ("title", "RulesCapExceeded"), ("detail", "An app may have \(RuleBook.cap) rules."),
                ("type", problem("rule-cap")),
            ])
        }
        json.errors(errors)
        json.raw("}")
        // X takes what it can; only a request in which no rule could be read at all is an error as a whole.
        let isRefused = created == 0 && !addition.invalid.isEmpty && addition.duplicates.isEmpty
        return .json(json.bytes, status: isRefused ? 400 : 200)
    }

    private func answer(_ deletion: RuleBook.Deletion) -> HTTPResponse {
        var json = JSONText()
        json.raw("{")
        beginMeta(&json)
        json.summary([("deleted", deletion.deletedCount), ("not_deleted", deletion.unknown.count)])
        json.raw("}")
        json.errors(
            deletion.unknown.map {
                [
                    ("title", "Invalid Request"), ("detail", "Rule does not exist"), ("value", $0),
                    ("type", problem("invalid-request")),
                ]
            }
        )
        json.raw("}")
        return .json(json.bytes)
    }

    private func beginMeta(_ json: inout JSONText) {
        json.comma(unlessAfter: 123)
        json.raw("\"meta\":{\"sent\":")
        json.string(String(clock.now.rfc3339.prefix(23)) + "Z")
    }

    private func problem(_ name: String) -> String {
        "https://api.x.com/2/problems/" + name
    }

    /// Sixteen characters, as X's tokens have.
    private static func token(offset: Int) -> String {
        let digits = String(offset)
        return "p" + String(repeating: "0", count: 15 - digits.count) + digits
    }

    private static func offset(inToken token: String) -> Int? {
        guard token.utf8.count == 16, token.first == "p", let offset = Int(token.dropFirst()), offset >= 0 else {
            return nil
        }
        return offset
    }
}

/// Whether a text is an id as X writes them.
func isID(_ text: String) -> Bool {
    (1...19).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) }
}

extension JSONText {
    fileprivate mutating func rules(_ name: String, _ rules: [SimulatedRule]) {
        comma(unlessAfter: 123)
        string(name)
        raw(":[")
        for rule in rules {
            comma(unlessAfter: 91)
            raw("{")
            member("id", rule.id)
            member("value", rule.value)
            if let tag = rule.tag { member("tag", tag) }
            raw("}")
        }
        raw("]")
    }

    fileprivate mutating func summary(_ counts: [(String, Int)]) {
        raw(",\"summary\":{")
        for (name, count) in counts {
            comma(unlessAfter: 123)
            string(name)
            raw(":")
            number(UInt64(count))
        }
        raw("}")
    }

    fileprivate mutating func errors(_ errors: [[(String, String)]]) {
        guard !errors.isEmpty else { return }
        raw(",\"errors\":[")
        for error in errors {
            comma(unlessAfter: 91)
            raw("{")
            for (name, value) in error {
                if name == "details" {
                    comma(unlessAfter: 123)
                    raw("\"details\":[")
                    string(value)
                    raw("]")
                } else {
                    member(name, value)
                }
            }
            raw("}")
        }
        raw("]")
    }
}
