internal import JSON

extension SearchMapping {
    /// What an index has otherwise, one line each; none where it fits.
    ///
    /// - Parameters:
    ///   - found: the index's mapping as the engine gives it.
    ///   - filter: the alias's filter as the engine gives it.
    func differences(from found: JSONValue, filter: JSONValue?) -> [String] {
        guard let wanted = JSONValue.parse(mappings.bytes) else { return [] }
        var lines: [String] = []
        func compare(_ what: String, _ found: JSONValue?, _ wanted: JSONValue?) {
            guard found != wanted else { return }
            switch (found, wanted) {
            case (nil, let wanted?): lines.append("\(what): missing, wanted \(wanted.shown)")
            case (let found?, nil): lines.append("\(what): \(found.shown), not wanted")
            case (let found?, let wanted?): lines.append("\(what): \(found.shown), wanted \(wanted.shown)")
            case (nil, nil): break
            }
        }
        let marks = (found: found["_meta"]?["reprise"], wanted: wanted["_meta"]?["reprise"])
        compare("transform", marks.found?["transform"], marks.wanted?["transform"])
        compare("mapping version", marks.found?["mapping"], marks.wanted?["mapping"])
        compare("dynamic", found["dynamic"], wanted["dynamic"])
        for field in SearchMapping.fields {
            compare("field \(field.name)", found["properties"]?[field.name], wanted["properties"]?[field.name])
        }
        let known = Set(SearchMapping.fields.map(\.name))
        for (name, value) in found["properties"]?.members ?? [] where !known.contains(name) {
            compare("field \(name)", value, nil)
        }
        compare("the alias's filter", filter, JSONValue.parse(SearchMapping.filter.bytes))
        return lines
    }
}

extension JSONValue {
    /// The members of an object by name, else none.
    var members: [(name: String, value: JSONValue)] {
        guard case .object(let members) = self else { return [] }
        return members.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// Whether it is `true`.
    var isTrue: Bool { self == .bool(true) }

    /// For people: a field of a plain type by its type, anything else as JSON.
    fileprivate var shown: String {
        switch self {
        case .object(let members) where members.count == 1: members["type"]?.text ?? tree.text
        case .string(let text): text
        default: tree.text
        }
    }

    /// The same to be written, members by name.
    private var tree: JSONTree {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let value): Int(exactly: value).map(JSONTree.integer) ?? .string("\(value)")
        case .string(let value): .string(value)
        case .array(let values): .array(values.map(\.tree))
        case .object: .object(members.map { ($0.name, $0.value.tree) })
        }
    }
}
