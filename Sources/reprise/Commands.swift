internal import Options

/// Every command, in the order of the help.
enum Commands {
    static let all: [Command] = [
        RecordCommand.command,
        ReplayCommand.command,
        JournalCommand.command,
        RulesCommand.command,
        ServeCommand.command,
        SimulateCommand.command,
    ]
}
