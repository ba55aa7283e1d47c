internal import Foundation

/// The body of a POST to the rules, which X reads strictly: unknown names are refused.
enum RuleChange: Equatable {
    case add([SimulatedRule])
    case delete(ids: [String], values: [String])

    /// What X would complain of.
    struct Failure: Error {
        let detail: String
        let parameter: String?
    }

    init(json: [UInt8]) throws(Failure) {
        // An error's own text would quote the parser, not X.
        guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else {
            throw Failure(detail: "The request's body is not a JSON object", parameter: nil)
        }
        try Self.refuse(object, except: ["add", "delete"], in: "body")
        switch (object["add"], object["delete"]) {
        case (let add?, nil): self = .add(try Self.rules(add))
        case (nil, let delete?): self = try Self.deletion(delete)
        default:
            throw Failure(detail: "The request's body must hold exactly one of add and delete", parameter: "body")
        }
    }

    private static func rules(_ add: Any) throws(Failure) -> [SimulatedRule] {
        guard let list = add as? [[String: Any]], !list.isEmpty else {
            throw Failure(detail: "add must be an array of rules that is not empty", parameter: "add")
        }
        var rules: [SimulatedRule] = []
        for item in list {
            try refuse(item, except: ["value", "tag"], in: "add")
            guard let value = item["value"] as? String else {
                throw Failure(detail: "a rule needs a value", parameter: "add")
            }
            guard item["tag"] == nil || item["tag"] is String else {
                throw Failure(detail: "a tag must be a string", parameter: "add")
            }
            rules.append(SimulatedRule(value, tag: item["tag"] as? String))
        }
        return rules
    }

    private static func deletion(_ delete: Any) throws(Failure) -> RuleChange {
        guard let object = delete as? [String: Any] else {
            throw Failure(detail: "delete must be an object", parameter: "delete")
        }
        try refuse(object, except: ["ids", "values"], in: "delete")
        let ids = object["ids"] as? [String] ?? []
        let values = object["values"] as? [String] ?? []
        guard (object["ids"] == nil || object["ids"] is [String]) && ids.allSatisfy(isID) else {
            throw Failure(detail: "ids must be numbers of up to 19 digits, as strings", parameter: "delete.ids")
        }
        guard !ids.isEmpty || !values.isEmpty else {
            throw Failure(detail: "delete must hold ids or values", parameter: "delete")
        }
        return .delete(ids: ids, values: values)
    }

    private static func refuse(_ object: [String: Any], except known: Set<String>, in place: String) throws(Failure) {
        if let name = object.keys.sorted().first(where: { !known.contains($0) }) {
            throw Failure(detail: "[\(name)] is not a known name in \(place)", parameter: name)
        }
    }
}
