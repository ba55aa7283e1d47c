/// What a command line says, before the environment and the configuration are looked at.
public struct ParsedCommandLine: Sendable {
    /// The command it names.
    public let command: Command
    /// Its words, from the program's name on.
    public let path: [String]
    /// The options given, by long name, with their values in order; a flag has the value `true`.
    public let options: [String: [String]]
    /// The arguments by place.
    public let arguments: [String]
    /// Whether the help was asked for.
    public let wantsHelp: Bool
}

/// Reads command lines by a tree of commands, in the manner of getopt_long(3): options may stand anywhere, `--` ends them.
public struct CommandLineParser: Sendable {
    private let root: Command

    /// Makes a parser; the root's name is the program's.
    public init(root: Command) { self.root = root }

    /// Reads the words behind the program's name.
    ///
    /// - Throws: `UsageError`.
    public func parse(_ words: [String]) throws(UsageError) -> ParsedCommandLine {
        var command = root
        var path = [root.name]
        var options: [String: [String]] = [:]
        var arguments: [String] = []
        var wantsHelp = false
        var rest = words[...]
        var onlyArguments = false
        while let word = rest.popFirst() {
            if onlyArguments || !word.hasPrefix("-") || word == "-" {
                if !command.subcommands.isEmpty {
                    command = try subcommand(word, of: command, path)
                    path.append(command.name)
                } else {
                    arguments.append(word)
                }
            } else if word == "--" {
                onlyArguments = true
            } else if word == "--help" || word == "-h" {
                wantsHelp = true
            } else {
                let (option, attached) = try option(word, of: command, path)
                let value: String
                if option.isFlag {
                    guard attached == nil else {
                        throw UsageError("--\(option.long) takes no value", command: path.joined(separator: " "))
                    }
                    value = "true"
                } else if let attached {
                    value = attached
                } else if let next = rest.popFirst() {
                    value = next
                } else {
                    throw UsageError(
                        "--\(option.long) needs a value: --\(option.long) \(option.value ?? "")",
                        command: path.joined(separator: " ")
                    )
                }
                if options[option.long] != nil && !option.repeats && !option.isFlag {
                    throw UsageError("--\(option.long) is given twice", command: path.joined(separator: " "))
                }
                options[option.long, default: []].append(value)
            }
        }
        if !wantsHelp { try check(arguments, of: command, path) }
        return ParsedCommandLine(
            command: command,
            path: path,
            options: options,
            arguments: arguments,
            wantsHelp: wantsHelp
        )
    }

    private func subcommand(_ word: String, of command: Command, _ path: [String]) throws(UsageError) -> Command {
        if let found = command.subcommands.first(where: { $0.name == word }) { return found }
        let words = path.joined(separator: " ")
        throw UsageError(
            "'\(words) \(word)' is no command"
                + Suggestion.text(for: word, among: command.subcommands.map(\.name)) { "\(words) \($0)" },
            command: words
        )
    }

    private func option(
        _ word: String,
        of command: Command,
        _ path: [String]
    ) throws(UsageError) -> (Option, attached: String?) {
        if word.hasPrefix("--") {
            let body = word.dropFirst(2)
            let name = String(body.prefix { $0 != "=" })
            let attached = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
            if let found = command.options.first(where: { $0.long == name }) { return (found, attached) }
            throw UsageError(
                "\(path.joined(separator: " ")) has no option --\(name)"
                    + Suggestion.text(for: name, among: command.options.map(\.long)) { "--\($0)" },
                command: path.joined(separator: " ")
            )
        }
        let letter = word[word.index(after: word.startIndex)]
        let attached = word.dropFirst(2)
        guard let found = command.options.first(where: { $0.short == letter }) else {
            throw UsageError(
                "\(path.joined(separator: " ")) has no option -\(letter)",
                command: path.joined(separator: " ")
            )
        }
        return (found, attached.isEmpty ? nil : String(attached))
    }

    private func check(_ arguments: [String], of command: Command, _ path: [String]) throws(UsageError) {
        let words = path.joined(separator: " ")
        guard command.subcommands.isEmpty else {
            throw UsageError(
                "'\(words)' needs one of: \(command.subcommands.map(\.name).joined(separator: ", "))",
                command: words
            )
        }
        let needed = command.arguments.filter { !$0.isOptional }
        if arguments.count < needed.count {
            throw UsageError("\(words) needs \(needed[arguments.count].name)", command: words)
        }
        let repeats = command.arguments.last?.repeats ?? false
        if arguments.count > command.arguments.count && !repeats {
            throw UsageError(
                "\(words) does not know what to do with '\(arguments[command.arguments.count])'",
                command: words
            )
        }
    }
}

/// The nearest name to a misspelled one.
enum Suggestion {
    static func text(for word: String, among names: [String], _ spell: (String) -> String) -> String {
        let ranked = names.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        guard let (name, distance) = ranked, distance <= max(1, word.utf8.count / 3) else { return "" }
        return "; did you mean '\(spell(name))'?"
    }

    /// The Levenshtein distance: single letters put in, taken out or changed.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
