extension Rules {
    /// The names of functions that assert something, themselves or through one another.
    static func asserting(_ files: [SourceFile]) -> Set<String> {
        let functions = files.flatMap { file -> [(name: String, body: String)] in
            let lines = file.lines
            return lines.indices.compactMap { start in
                guard lines[start].contains("func "), let name = lines[start].firstMatch(of: /\bfunc (\w+)/) else {
                    return nil
                }
                return (String(name.output.1), body(lines, from: start))
            }
        }
        var known: Set<String> = []
        var before = -1
        while known.count > before {
            before = known.count
            for function in functions where !known.contains(function.name) && asserts(function.body, known) {
                known.insert(function.name)
            }
        }
        return known
    }

    /// A test asserts something, itself or through a function that does.
    static func assertions(_ file: SourceFile, helpers: Set<String>) -> [Finding] {
        let lines = file.lines
        return lines.indices.compactMap { start in
            guard lines[start].firstMatch(of: /^\s*@Test\b/) != nil,
                let function = lines[start...].firstIndex(where: { $0.contains("func ") })
            else { return nil }
            return asserts(body(lines, from: function), helpers)
                ? nil : Finding(path: file.path, line: start + 1, what: "a test that asserts nothing")
        }
    }

    /// The text of a function behind its name: to the brace at its own depth, or to the end of its line.
    private static func body(_ lines: [Substring], from start: Int) -> String {
        let behind = lines[start].split(separator: "func ", maxSplits: 1).last?.drop { $0 != "(" } ?? ""
        if lines[start].hasSuffix("}") { return String(behind) }
        let end = lines[start...].firstIndex { $0 == lines[start].prefix { $0 == " " } + "}" } ?? lines.endIndex - 1
        return ([behind] + lines[(start + 1)..<max(start + 1, end)]).joined(separator: "\n")
    }

    private static func asserts(_ body: String, _ helpers: Set<String>) -> Bool {
        if ["#expect", "#require", "Issue.record"].contains(where: body.contains) { return true }
        return body.matches(of: /(\w+)\(/).contains { helpers.contains(String($0.output.1)) }
    }
}
