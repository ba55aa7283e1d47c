internal import Options

/// Every command, in the order of the help.
enum Commands {
    static let all: [Command] = [
        JournalCommand.command,
        SimulateCommand.command,
        ServeCommand.command,
    ]
}
