internal import Options

/// Every command, in the order of the help.
enum Commands {
    static let all: [Command] = [
        RunCommand.command,
        RecordCommand.command,
        ReplayCommand.command,
        RefreshCommand.command,
        JournalCommand.command,
        DeadLettersCommand.command,
        RulesCommand.command,
        ServeCommand.command,
        DashboardsCommand.command,
        TransformCommand.command,
        LambdaCommand.command,
        SimulateCommand.command,
    ]
}
