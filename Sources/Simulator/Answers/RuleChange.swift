internal import JSON

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
        guard let body = JSONValue.parse(json), case .object(let members) = body else {
            throw Failure(detail: "The request's body is not a JSON object", parameter: nil)
        }
        try Self.refuse(members, except: ["add", "delete"], in: "body")
        switch (members["add"], members["delete"]) {
        case (let add?, nil): self = .add(try Self.rules(add))
        case (nil, let delete?): self = try Self.deletion(delete)
        default:
            throw Failure(detail: "The request's body must hold exactly one of add and delete", parameter: "body")
        }
    }

    private static func rules(_ add: JSONValue) throws(Failure) -> [SimulatedRule] {
        guard !add.elements.isEmpty else {
            throw Failure(detail: "add must be an array of rules that is not empty", parameter: "add")
        }
        var rules: [SimulatedRule] = []
        for item in add.elements {
            guard case .object(let members) = item else {
                throw Failure(detail: "add must be an array of rules that is not empty", parameter: "add")
            }
            try refuse(members, except: ["value", "tag"], in: "add")
            guard case .string(let value)? = members["value"] else {
                throw Failure(detail: "a rule needs a value", parameter: "add")
            }
            switch members["tag"] {
            case nil: rules.append(SimulatedRule(value, tag: nil))
            case .string(let tag)?: rules.append(SimulatedRule(value, tag: tag))
            default: throw Failure(detail: "a tag must be a string", parameter: "add")
            }
        }
        return rules
    }

    private static func deletion(_ delete: JSONValue) throws(Failure) -> RuleChange {
        guard case .object(let members) = delete else {
            throw Failure(detail: "delete must be an object", parameter: "delete")
        }
        try refuse(members, except: ["ids", "values"], in: "delete")
        guard let ids = strings(members["ids"]), ids.allSatisfy(isID) else {
            throw Failure(detail: "ids must be numbers of up to 19 digits, as strings", parameter: "delete.ids")
        }
        guard let values = strings(members["values"]) else {
            throw Failure(detail: "values must be strings", parameter: "delete.values")
        }
        guard !ids.isEmpty || !values.isEmpty else {
            throw Failure(detail: "delete must hold ids or values", parameter: "delete")
        }
        return .delete(ids: ids, values: values)
    }

    /// A list of strings, empty where there is none; nil for anything else.
    private static func strings(_ value: JSONValue?) -> [String]? {
        guard let value else { return [] }
        guard case .array(let elements) = value else { return nil }
        var strings: [String] = []
        for element in elements {
            guard case .string(let text) = element else { return nil }
            strings.append(text)
        }
        return strings
    }

    private static func refuse(
        _ object: [String: JSONValue],
        except known: Set<String>,
        in place: String
    ) throws(Failure) {
        if let name = object.keys.sorted().first(where: { !known.contains($0) }) {
            throw Failure(detail: "[\(name)] is not a known name in \(place)", parameter: name)
        }
    }
}
