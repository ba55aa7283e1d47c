internal import Logging
internal import Sinks
internal import Synchronization

/// Says once when a sink stops taking documents, and once when it goes on.
///
/// Every try may fail in slightly other words, with other milliseconds for example: another reason is one whose letters differ.
final class SinkTrouble: Sendable {
    private let address: SinkAddress
    private let logger: Logger
    private let told = Mutex<String?>(nil)

    init(_ address: SinkAddress, _ logger: Logger) {
        self.address = address
        self.logger = logger
    }

    /// Says that the sink's index is another than the checkpoint was of.
    func tellStartOver() { logger.notice("\(address) was made anew, so that it is filled from the beginning") }

    /// Takes the reason why the sink takes nothing just now, or nil where it does.
    func tell(_ reason: String?) {
        let kind = reason.map { reason in String(reason.filter { !$0.isNumber }) }
        let before = told.withLock { told in
            defer { told = kind }
            return told
        }
        guard before != kind else { return }
        if let reason {
            logger.warning("\(address) takes nothing: \(reason); it is tried again")
        } else {
            logger.notice("\(address) takes documents again")
        }
    }
}
