internal import FoundationEssentials
internal import Glibc
internal import Options
internal import Sinks

/// From words to an exit status.
enum Program {
    static let version = "0.1.0"

    static let root = Command(
        name: "reprise",
        summary: "Record the X API v2 stream exactly as it arrived, replay it, and see who is winning.",
        discussion: [
            "Everything from X is journalled first; every index can be made anew from the journal.",
            "Settings come from the command line, the environment, reprise.yaml (--config), and defaults, in this order.",
            "Exit status: 0 done, 1 failed, 3 finished but something was lost or skipped, 64 wrong command line, "
                + "75 not now (rate limit, lock held, service down), 78 wrong configuration.",
        ],
        examples: [
            ("reprise run --simulate", "the whole path on simulated posts; prints the page's address"),
            ("reprise record --rules data/rules/cats-v-dogs.yaml --budget '$5/day'", "record X; needs BEARER_TOKEN"),
            ("reprise replay --sink ndjson:posts.ndjson", "make documents of everything recorded"),
        ],
        options: [Option(long: "version", help: "Print the version.")],
        subcommands: Commands.all
    )

    /// The words behind the program's name.
    ///
    /// Swift reads them from `/proc/self/cmdline`. Where a loader starts the program, as the Lambda package's `bootstrap` has it do,
    /// the loader's own words stand there, or none without `/proc`; so `bootstrap` says in a variable which command it wants.
    static func words(_ arguments: [String], _ environment: [String: String]) -> [String] {
        if let command = environment["REPRISE_BOOTSTRAP_COMMAND"], !command.isEmpty { return [command] }
        return Array(arguments.dropFirst())
    }

    /// Runs a command line to its end; errors are told on standard error.
    static func run(_ words: [String]) -> ExitStatus {
        if words == ["--version"] { return print("reprise \(version)\n") }
        if words.isEmpty { return print(help(of: root, path: [root.name])) }
        do {
            // `reprise help record` is what people try first; it is the same as `reprise record --help`.
            let isHelp = words.first == "help"
            let parsed = try CommandLineParser(root: root).parse(isHelp ? words.dropFirst() + ["--help"] : words)
            if parsed.wantsHelp { return print(help(of: parsed.command, path: parsed.path)) }
            guard let run = parsed.command.run else { return print(help(of: parsed.command, path: parsed.path)) }
            let environment = ProcessInfo.processInfo.environment
            let configuration = try Context.configuration(parsed, environment: environment)
            try configuration?.check(against: root, excluding: [Context.config.long])
            let invocation = Invocation(parsed, environment: environment, configuration: configuration)
            // A wrong setting of the log is told even by a command that has nothing to log.
            if parsed.command.options.contains(where: { $0.long == Context.logLevel.long }) {
                _ = try Context.logSettings(invocation)
            }
            return try run(invocation)
        } catch {
            return tell(error)
        }
    }

    /// Says what went wrong, unless only the reader of the results has gone.
    private static func tell(_ error: any Error) -> ExitStatus {
        if let output = error as? OutputError, output.isClosedPipe { return .done }
        if let sink = error as? SinkError, sink.code == .closedPipe { return .done }
        StandardError.tell(error)
        return ExitStatus(for: error)
    }

    private static func help(of command: Command, path: [String]) -> String {
        HelpPage(command, path: path, width: StandardOutput.width).text
    }

    private static func print(_ text: String) -> ExitStatus {
        do {
            try StandardOutput.write(text)
            return .done
        } catch {
            return tell(error)
        }
    }
}
