/// An option has a value that it cannot have.
public struct ValueError: ExitStatusProviding, CustomStringConvertible {
    /// Where a value comes from; whoever is told of a wrong one should not have to look for it.
    enum Place {
        case commandLine
        case variable(String)
        case file(String, line: Int)
    }

    /// What is wrong, where, and what would be right.
    public let message: String
    private let place: Place
    private let command: String

    init(option: String, problem: String, place: Place, command: String) {
        self.place = place
        self.command = command
        message =
            switch place {
            case .commandLine: "--\(option) \(problem)"
            case .variable(let name): "\(name) in the environment \(problem)"
            case .file(let path, let line): "\(path), line \(line): '\(option)' \(problem)"
            }
    }

    /// The message, and for the command line where the help is.
    public var description: String {
        if case .commandLine = place { return "\(message)\nTry '\(command) --help'." }
        return message
    }

    /// 64 for the command line; 78 for the settings file and the environment.
    public var exitStatus: ExitStatus {
        if case .commandLine = place { return .usage }
        return .configuration
    }
}
