public import Logging
internal import Synchronization

/// Logs once when a part fails, once for each other reason, and once when it works again; keeps the health board up to date.
///
/// Messages may differ in numbers only (milliseconds), so they are compared with digits removed.
public final class TroubleReport: Sendable {
    private let name: String
    private let logger: Logger
    private let health: HealthBoard?
    private let reported = Mutex<String?>(nil)

    /// Makes a report for a part that works as far as is known.
    public init(_ name: String, _ logger: Logger, health: HealthBoard? = nil) {
        self.name = name
        self.logger = logger
        self.health = health
    }

    /// Whether a failure was reported, and no recovery since.
    public var isReported: Bool { reported.withLock { $0 != nil } }

    /// Takes the reason why the part does not work, or nil where it does.
    ///
    /// - Parameter failed: what it fails at, behind its name: `takes no documents`.
    public func report(_ reason: String?, failed: String = "failed", recovered: String = "works again") {
        let kind = reason.map { reason in String(reason.filter { !$0.isNumber }) }
        let before = reported.withLock { reported in
            defer { reported = kind }
            return reported
        }
        if let reason { health?.failed(name, reason) } else { health?.works(name) }
        guard before != kind else { return }
        if let reason {
            logger.warning("\(name) \(failed): \(reason); it is tried again")
        } else {
            logger.notice("\(name) \(recovered)")
        }
    }
}
