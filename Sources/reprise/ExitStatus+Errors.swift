internal import HTTPServer
internal import Journal
internal import Options
internal import Simulator

extension ExitStatus {
    /// How the process ends because of an error: the one place where libraries' errors become exit codes.
    init(for error: any Error) {
        switch error {
        case let error as any ExitStatusProviding: self = error.exitStatus
        case let error as JournalError where error.code == .locked || error.code == .clockBehind: self = .tryLater
        case let error as JournalError where error.code == .invalid: self = .usage
        case let error as HTTPServerError where error.code == .addressInUse: self = .tryLater
        case let error as HTTPServerError where error.code == .badAddress: self = .usage
        case let error as SimulatorError where error.code == .badFault: self = .usage
        default: self = .failed
        }
    }
}
