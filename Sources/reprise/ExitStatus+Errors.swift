internal import Failures
internal import Files
internal import HTTPServer
internal import Journal
internal import Options
internal import Sinks
internal import Recorder
internal import Refresher
internal import Simulator
internal import XAPI

extension ExitStatus {
    /// How the process ends because of an error: the one place where libraries' errors become exit codes.
    init(for error: any Error) {
        switch error {
        case let error as any ExitStatusProviding: self = error.exitStatus
        case let error as JournalError where error.code == .locked || error.code == .clockBehind: self = .tryLater
        case let error as JournalError where error.code == .invalid: self = .usage
        // A file system that will not do, or a journal of a newer Reprise: no later try ends otherwise.
        case let error as JournalError where error.code == .unsupported: self = .configuration
        case let error as FileError where error.code == .unsupported: self = .configuration
        case let error as SinkError where error.code == .address: self = .usage
        case let error as SinkError where error.code == .unavailable || error.code == .stopped:
            self = .tryLater
        case let error as SinkError where error.code == .refused: self = .configuration
        // Who read our output has had enough.
        case let error as SinkError where error.code == .closedPipe: self = .done
        case let error as HTTPServerError where error.code == .addressInUse: self = .tryLater
        case let error as HTTPServerError where error.code == .badAddress: self = .usage
        case let error as SimulatorError where error.code == .badFault: self = .usage
        case let error as RecorderError where error.code == .tryLater: self = .tryLater
        case let error as RecorderError where error.code == .refused || error.code == .rules: self = .configuration
        case let error as RefresherError where error.code == .clockWrong: self = .tryLater
        case let error as RefresherError where error.code == .otherServer: self = .configuration
        case let error as XAPIError: self = ExitStatus(for: error)
        // A database that another program locks.
        case let error where FailureCause(of: error) == .locked: self = .tryLater
        default: self = .failed
        }
    }

    private init(for error: XAPIError) {
        switch error.code {
        case .invalidBudget: self = .usage
        case .invalidToken, .invalidAddress, .invalidRules: self = .configuration
        case .unreachable, .foreignAnswer: self = .tryLater
        case .refused:
            // The same reasons that end a recorder are settings to be put right; the rest passes with time.
            let reason = StopReason(status: error.status, problem: error.problem)
            self = reason.map { $0.isCuredByTime ? .tryLater : .configuration } ?? .tryLater
        default: self = .failed
        }
    }
}
