internal import HTTPServer

/// The parameters of a request: X refuses others, and names in them that it does not know.
struct QueryRules: Sendable {
    /// What a parameter may hold.
    enum Value: Sendable {
        /// Whatever its endpoint makes of it.
        case any
        /// Names, with commas between.
        case names([String])
        /// One of these, in upper or lower case.
        case oneOf([String])
    }

    let parameters: [(name: String, value: Value)]

    /// What X answers to a request that breaks the rules; nil where it keeps them.
    func refusal(of request: HTTPRequest) -> HTTPResponse? {
        for (name, text) in request.query {
            guard let rule = parameters.first(where: { $0.name == name }) else {
                let known = parameters.map(\.name).joined(separator: ",")
                return Problem.invalidRequest(
                    "The query parameter [\(name)] is not one of [\(known)]",
                    parameter: name,
                    value: text
                )
            }
            let wrong: (value: String, known: [String])?
            switch rule.value {
            case .any: wrong = nil
            case .names(let known):
                let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                wrong = names.first { !known.contains($0) }.map { ($0, known) }
            case .oneOf(let known): wrong = known.contains(text.lowercased()) ? nil : (text, known)
            }
            guard let wrong else { continue }
            let known = wrong.known.joined(separator: ",")
            return Problem.invalidRequest(
                "The `\(name)` query parameter value [\(wrong.value)] is not one of [\(known)]",
                parameter: name,
                value: wrong.value
            )
        }
        return nil
    }
}

extension QueryRules {
    private static let objects: [(name: String, value: Value)] = [
        ("media.fields", .names(FieldNames.media)), ("poll.fields", .names(FieldNames.poll)),
        ("place.fields", .names(FieldNames.place)),
    ]

    static let stream = QueryRules(
        parameters: [
            ("backfill_minutes", .any), ("start_time", .any), ("end_time", .any),
            ("tweet.fields", .names(FieldNames.tweet)), ("expansions", .names(FieldNames.tweetExpansions)),
            ("user.fields", .names(FieldNames.streamUser)),
        ] + objects
    )

    /// - Parameter view: tells in which of X's two spellings the request is written.
    static func lookup(_ view: PostView, ids: Bool) -> QueryRules {
        QueryRules(
            parameters: (ids ? [("ids", .any)] : []) + [
                ("tweet.fields", .names(FieldNames.tweet)), ("post.fields", .names(FieldNames.post)),
                ("expansions", .names(view.expansionNames)), ("user.fields", .names(view.userNames)),
            ] + objects
        )
    }

    static let rules = QueryRules(parameters: [("ids", .any), ("max_results", .any), ("pagination_token", .any)])
    static let ruleChange = QueryRules(
        parameters: [("dry_run", .oneOf(["true", "false"])), ("delete_all", .oneOf(["true", "false"]))]
    )
    static let ruleCounts = QueryRules(
        parameters: [
            (
                "rules_count.fields",
                .names([
                    "all_project_client_apps", "cap_per_client_app", "cap_per_project", "client_app_rules_count",
                    "project_rules_count",
                ])
            )
        ]
    )
    static let usage = QueryRules(parameters: [("days", .any), ("usage.fields", .names(FieldNames.usage))])
    static let connections = QueryRules(
        parameters: [
            ("status", .oneOf(["active", "inactive", "all"])), ("endpoints", .names(FieldNames.streams)),
            ("max_results", .any), ("pagination_token", .any),
            ("connection.fields", .names(FieldNames.connection)),
        ]
    )
    static let none = QueryRules(parameters: [])
}
