/// A file of sections with `name = value` lines, as `~/.aws/credentials` and `~/.aws/config` are.
struct ProfileFile {
    /// Values by section and name; section names as they stand between the brackets.
    private(set) var sections: [String: [String: String]] = [:]

    init(_ text: String) {
        var section = ""
        for line in text.split(whereSeparator: \.isNewline) {
            // Indented lines belong to a nested setting, `s3 =` for example.
            guard let first = line.first, !first.isWhitespace, first != "#", first != ";" else { continue }
            let line = line.trimmed
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                section = line[line.index(after: line.startIndex)..<end].trimmed
                sections[section] = sections[section] ?? [:]
            } else if let equals = line.firstIndex(of: "=") {
                sections[section, default: [:]][line[..<equals].trimmed.lowercased()] =
                    line[line.index(after: equals)...].trimmed
            }
        }
    }

    /// The profiles of `~/.aws/config`, where all but `default` stand as `profile NAME`.
    var configProfiles: [String: [String: String]] {
        var profiles: [String: [String: String]] = [:]
        for (section, values) in sections {
            if section == "default" { profiles["default", default: [:]].merge(values) { _, new in new } }
            guard section.hasPrefix("profile"), let blank = section.firstIndex(where: \.isWhitespace) else { continue }
            var name = section[blank...].trimmed
            if name.count > 1, let quote = name.first, quote == "\"" || quote == "'", name.last == quote {
                name = String(name.dropFirst().dropLast())
            }
            profiles[name, default: [:]].merge(values) { old, _ in old }
        }
        return profiles
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
