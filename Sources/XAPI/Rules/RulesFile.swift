internal import YAML

/// Rules as a YAML file holds them: a list, each entry with a `value` and, if it likes, a `tag`.
public enum RulesFile {
    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: the YAML.
    ///   - name: the file's name, for errors.
    /// - Returns: the rules in the file's order, each value once.
    /// - Throws: `.invalidRules` with the line: no YAML, another shape, an unknown name, an empty value, a value twice.
    public static func parse(_ text: String, name: String) throws(XAPIError) -> [StreamRule] {
        let root: Node
        do { root = try Node.parse(text, name: name) } catch {
            throw XAPIError(code: .invalidRules, message: "\(error)", cause: error)
        }
        guard let items = root.items, !items.isEmpty else {
            throw wrong(name, root.line, "a rules file is a list; begin each rule with: - value: …")
        }
        var rules: [StreamRule] = []
        var lines: [String: Int] = [:]
        for item in items {
            let rule = try rule(item, name)
            if let first = lines.updateValue(item.line, forKey: rule.value) {
                throw wrong(name, item.line, "the rule of line \(first) stands here again; X keeps each value once")
            }
            rules.append(rule)
        }
        return rules
    }

    private static func rule(_ item: Node, _ name: String) throws(XAPIError) -> StreamRule {
        guard let entries = item.entries else { throw wrong(name, item.line, "a rule has a value and a tag") }
        var texts: [String: String] = [:]
        for entry in entries {
            guard entry.key == "value" || entry.key == "tag" else {
                throw wrong(name, entry.line, "'\(entry.key)' is no part of a rule; it has a value and a tag")
            }
            guard !entry.hasCommentBehindValue else {
                throw wrong(
                    name,
                    entry.value.line,
                    "everything behind ' #' is a comment in YAML and no part of the \(entry.key); put the \(entry.key) in quotes, "
                        + "as in \(entry.key): 'cats #dogs', or a comment on a line of its own"
                )
            }
            guard let text = entry.value.text else { throw wrong(name, entry.line, "'\(entry.key)' is a text") }
            texts[entry.key] = text
        }
        guard let value = texts["value"], !value.isEmpty, value.utf8.first != 32, value.utf8.last != 32,
            !value.utf8.contains(10)
        else {
            throw wrong(name, item.line, "a rule's value is one line of text without blanks at its ends")
        }
        return StreamRule(value: value, tag: texts["tag"] ?? "")
    }

    private static func wrong(_ name: String, _ line: Int, _ what: String) -> XAPIError {
        XAPIError(code: .invalidRules, message: "\(name), line \(line): \(what)")
    }
}
