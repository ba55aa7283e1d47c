/// A command of the command line as data: what it is called, what it takes, what it does.
public struct Command: Sendable {
    /// The word that calls it.
    public var name: String
    /// What it does, in one sentence.
    public var summary: String
    /// What else its user should know, a paragraph each.
    public var discussion: [String]
    /// Lines to copy, each with what it does.
    public var examples: [(line: String, what: String)]
    /// What it can be told by name.
    public var options: [Option]
    /// What it can be told by place.
    public var arguments: [Argument]
    /// Commands below it; one that has any does nothing by itself.
    public var subcommands: [Command]
    /// What it does.
    public var run: (@Sendable (Invocation) throws -> ExitStatus)?

    /// Makes a command.
    public init(
        name: String,
        summary: String,
        discussion: [String] = [],
        examples: [(line: String, what: String)] = [],
        options: [Option] = [],
        arguments: [Argument] = [],
        subcommands: [Command] = [],
        run: (@Sendable (Invocation) throws -> ExitStatus)? = nil
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.options = options
        self.arguments = arguments
        self.subcommands = subcommands
        self.run = run
    }

    /// This command and all below it.
    public var all: [Command] { [self] + subcommands.flatMap(\.all) }
}

/// Something a command can be told by name: a flag, or a value.
///
/// A value comes from the first place that has one: the command line, the environment, `reprise.yaml`, the default.
public struct Option: Sendable {
    /// The name behind `--`; its key in `reprise.yaml` too.
    public var long: String
    /// The letter behind `-`.
    public var short: Character?
    /// Other names behind `--`; `reprise.yaml` knows `long` alone.
    public var aliases: [String]
    /// What stands for the value in the help, `DIR` for example; nil for a flag.
    public var value: String?
    /// What it means, in a sentence or two.
    public var help: String
    /// The environment variable that gives it.
    public var environment: String?
    /// The value where nothing gives one.
    public var `default`: String?
    /// Whether it may be given several times.
    public var repeats: Bool
    /// Whether its value must never be shown.
    public var secret: Bool
    /// Whether an empty text is a value too; mostly it is a mistake, and is refused.
    public var allowsEmpty: Bool
    /// Whether `reprise.yaml` has no say, because the same key there means another command's option.
    public var onlyOnCommandLine: Bool

    /// Makes an option; without a `value` it is a flag.
    public init(
        long: String,
        short: Character? = nil,
        aliases: [String] = [],
        value: String? = nil,
        help: String,
        environment: String? = nil,
        default: String? = nil,
        repeats: Bool = false,
        secret: Bool = false,
        allowsEmpty: Bool = false,
        onlyOnCommandLine: Bool = false
    ) {
        self.long = long
        self.short = short
        self.aliases = aliases
        self.value = value
        self.help = help
        self.environment = environment
        self.default = `default`
        self.repeats = repeats
        self.secret = secret
        self.allowsEmpty = allowsEmpty
        self.onlyOnCommandLine = onlyOnCommandLine
    }

    /// Whether it has no value.
    public var isFlag: Bool { value == nil }
}

/// Something a command can be told by place.
public struct Argument: Sendable {
    /// What stands for it in the help, `FILE` for example.
    public var name: String
    /// What it means.
    public var help: String
    /// Whether it may be left out.
    public var isOptional: Bool
    /// Whether there may be several; only the last may.
    public var repeats: Bool

    /// Makes an argument.
    public init(name: String, help: String, isOptional: Bool = false, repeats: Bool = false) {
        self.name = name
        self.help = help
        self.isOptional = isOptional
        self.repeats = repeats
    }
}
