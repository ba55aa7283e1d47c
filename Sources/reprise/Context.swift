internal import FoundationEssentials
internal import Logging
internal import Options
internal import Terminal

/// What all commands share: the journal's folder, the configuration, the log.
enum Context {
    static let journal = Option(
        long: "journal",
        value: "DIR",
        help: "The journal's folder.",
        environment: "REPRISE_JOURNAL",
        default: "data/journal"
    )
    static let config = Option(
        long: "config",
        value: "FILE",
        help: "Settings; reprise.yaml is read where it exists.",
        environment: "REPRISE_CONFIG"
    )
    static let logLevel = Option(
        long: "log-level",
        value: "LEVEL",
        help: "trace, debug, info, notice, warning or error.",
        environment: "REPRISE_LOG_LEVEL",
        default: "info"
    )
    static let logFormat = Option(
        long: "log-format",
        value: "FORMAT",
        help: "text or json.",
        environment: "REPRISE_LOG_FORMAT",
        default: "text"
    )
    static let json = Option(long: "json", help: "Print the result as JSON.")

    /// The options of every command that works on a journal.
    static let common = [journal, config, logLevel, logFormat]

    /// The logger that the settings ask for; what it logs goes through the queue of standard error.
    static func logger(_ invocation: Invocation) throws -> Logger {
        let (level, format) = try logSettings(invocation)
        let writer = try StandardError.startWriter(format)
        return Logger(label: "reprise", level: level, sink: LineLogSink(format: format) { writer.put($0) })
    }

    /// The settings of the log.
    ///
    /// - Throws: `UsageError` where one is invalid.
    static func logSettings(_ invocation: Invocation) throws -> (Logger.Level, LogFormat) {
        let level = invocation.string("log-level") ?? "info"
        guard let level = Logger.Level(rawValue: level) else {
            throw invocation.wrong("log-level", level, "trace, debug, info, notice, warning or error")
        }
        let format = invocation.string("log-format") ?? "text"
        guard let format = LogFormat(rawValue: format) else {
            throw invocation.wrong("log-format", format, "text or json")
        }
        return (level, format)
    }

    /// The journal's folder.
    static func journalDirectory(_ invocation: Invocation) -> String {
        invocation.string("journal") ?? "data/journal"
    }

    /// The settings file: the one named, or reprise.yaml where there is one.
    static func configuration(
        _ parsed: ParsedCommandLine,
        environment: [String: String]
    ) throws -> ConfigurationFile? {
        let named = parsed.options["config"]?.last ?? environment["REPRISE_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let path = named ?? "reprise.yaml"
        if named == nil && !FileManager.default.fileExists(atPath: path) { return nil }
        return try ConfigurationFile(yaml: TextFile.read(path, "the settings file"), path: path)
    }
}
