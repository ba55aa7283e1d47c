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
        // Who asks for help hardly knows how to write the rest, so that nothing in it is a mistake.
        if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            return try help(words)
        }
        var command = root
        var path = [root.name]
        var options: [String: [String]] = [:]
        var arguments: [String] = []
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
            } else {
                let (option, attached) = try option(word, of: command, path)
                let value = try value(of: option, attached: attached, &rest, path)
                if options[option.long] != nil && !option.repeats && !option.isFlag {
                    throw UsageError("--\(option.long) is given twice", command: path.joined(separator: " "))
                }
                options[option.long, default: []].append(value)
            }
        }
        try check(arguments, of: command, path)
        return ParsedCommandLine(
            command: command,
            path: path,
            options: options,
            arguments: arguments,
            wantsHelp: false
        )
    }

    /// Goes down the commands that the words name, past everything else.
    private func help(_ words: [String]) throws(UsageError) -> ParsedCommandLine {
        var command = root
        var path = [root.name]
        for word in words where !word.hasPrefix("-") && !command.subcommands.isEmpty {
            command = try subcommand(word, of: command, path)
            path.append(command.name)
        }
        return ParsedCommandLine(command: command, path: path, options: [:], arguments: [], wantsHelp: true)
    }

    private func value(
        of option: Option,
        attached: String?,
        _ rest: inout ArraySlice<String>,
        _ path: [String]
    ) throws(UsageError) -> String {
        let words = path.joined(separator: " ")
        if option.isFlag {
            guard attached == nil else { throw UsageError("--\(option.long) takes no value", command: words) }
            return "true"
        }
        // A value may begin with one dash (`--from -2h`); two are an option that stands where the value was forgotten.
        let isForgotten = attached == nil && rest.first?.hasPrefix("--") != false
        guard !isForgotten, let value = attached ?? rest.popFirst() else {
            let next = rest.first.map { "; if '\($0)' is meant, --\(option.long)=\($0)" } ?? ""
            throw UsageError(
                "--\(option.long) needs a value: --\(option.long) \(option.value ?? "")\(next)",
                command: words
            )
        }
        // Mostly a variable of a script that is not set, and as a folder it would be the root of all.
        guard !value.isEmpty || option.allowsEmpty else {
            throw UsageError("--\(option.long) must not be empty; leave it out for the default", command: words)
        }
        return value
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
            if let found = command.options.first(where: { $0.long == name || $0.aliases.contains(name) }) {
                return (found, attached)
            }
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
