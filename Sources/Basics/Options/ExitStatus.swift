/// What the process tells its caller when it ends.
public enum ExitStatus: Int32, Sendable {
    /// All done.
    case done = 0
    /// It failed, and the reason is on standard error.
    case failed = 1
    /// It finished, but something was lost or skipped.
    case lossy = 3
    /// The command line makes no sense (EX_USAGE, sysexits.h).
    case usage = 64
    /// Not now: a rate limit, a lock that another holds, a service that is down (EX_TEMPFAIL).
    case tryLater = 75
    /// The configuration makes no sense (EX_CONFIG).
    case configuration = 78

    /// From the best to the worst: what cures itself, or what a later try may cure, is less than what somebody has to.
    private static let severities: [ExitStatus] = [.done, .lossy, .tryLater, .configuration, .usage, .failed]

    /// How a process ends whose parts ended so: as the worst of them.
    public static func worst(_ statuses: [ExitStatus]) -> ExitStatus {
        severities.last(where: statuses.contains) ?? .done
    }
}

/// An error that knows how the process should end because of it.
public protocol ExitStatusProviding: Error {
    /// How the process should end.
    var exitStatus: ExitStatus { get }
}

/// The command line makes no sense.
public struct UsageError: ExitStatusProviding, CustomStringConvertible {
    /// What is wrong, and what would be right.
    public let message: String
    /// The words of the command it concerns, `reprise journal` for example.
    public let command: String?

    /// Makes an error.
    public init(_ message: String, command: String? = nil) {
        self.message = message
        self.command = command
    }

    /// The message, and where the help is.
    public var description: String { command.map { "\(message)\nTry '\($0) --help'." } ?? message }
    /// 64.
    public var exitStatus: ExitStatus { .usage }
}

/// `reprise.yaml` or the environment makes no sense.
public struct ConfigurationError: ExitStatusProviding, CustomStringConvertible {
    /// What is wrong, where, and what would be right.
    public let message: String

    /// Makes an error.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
    /// 78.
    public var exitStatus: ExitStatus { .configuration }
}
