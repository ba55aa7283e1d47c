/// The help of a command as text.
public struct HelpPage: Sendable {
    private let command: Command
    private let path: String
    private let width: Int

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - path: the words that call the command.
    ///   - width: the longest line, in characters; at least 40.
    public init(_ command: Command, path: [String], width: Int = 80) {
        self.command = command
        self.path = path.joined(separator: " ")
        self.width = max(40, width)
    }

    /// The whole page, ended by a line feed.
    public var text: String {
        var parts = [wrap(command.summary, indent: 0)]
        parts += command.discussion.map { wrap($0, indent: 0) }
        parts.append("USAGE: \(usage)")
        if !command.subcommands.isEmpty {
            parts.append(table("COMMANDS", command.subcommands.map { ($0.name, $0.summary) }))
        }
        if !command.arguments.isEmpty {
            parts.append(table("ARGUMENTS", command.arguments.map { ($0.name, $0.help) }))
        }
        let help = Option(long: "help", short: "h", help: "Show this page.")
        parts.append(table("OPTIONS", (command.options + [help]).map { (name(of: $0), meaning(of: $0)) }))
        if !command.examples.isEmpty {
            let lines = command.examples.map { "  # \($0.what)\n  \($0.line)" }
            parts.append("EXAMPLES\n" + lines.joined(separator: "\n\n"))
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var usage: String {
        if !command.subcommands.isEmpty { return "\(path) <command>" }
        let arguments = command.arguments.map { argument in
            let name = argument.name + (argument.repeats ? " …" : "")
            return argument.isOptional ? " [\(name)]" : " \(name)"
        }
        return "\(path) [options]" + arguments.joined()
    }

    private func name(of option: Option) -> String {
        let short = option.short.map { "-\($0), " } ?? ""
        return "\(short)--\(option.long)" + (option.value.map { " \($0)" } ?? "")
    }

    private func meaning(of option: Option) -> String {
        var notes: [String] = []
        if let value = option.default { notes.append("default: \(value)") }
        if let name = option.environment { notes.append("environment: \(name)") }
        if option.repeats { notes.append("may be repeated") }
        if !option.aliases.isEmpty { notes.append("also \(option.aliases.map { "--\($0)" }.joined(separator: ", "))") }
        return option.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
    }

    /// Two columns; a name that is too long for the first stands on a line of its own.
    private func table(_ title: String, _ rows: [(String, String)]) -> String {
        let column = min(26, (rows.map(\.0.count).max() ?? 0) + 4)
        let lines = rows.map { name, meaning in
            let text = wrap(meaning, indent: column)
            guard name.count + 4 <= column else { return "  \(name)\n\(text)" }
            return "  \(name)" + text.dropFirst(name.count + 2)
        }
        return title + "\n" + lines.joined(separator: "\n")
    }

    private func wrap(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = margin
        for word in text.split(separator: " ") {
            if line.count > indent && line.count + 1 + word.count > width {
                lines.append(line)
                line = margin
            }
            line += (line.count > indent ? " " : "") + word
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
