public import Lifecycle
public import Logging
internal import XAPI

/// Makes pass after pass until it is stopped.
///
/// What X refuses or does not answer ends a pass, not the service: what is recorded meanwhile must not suffer for it.
public final class RefreshService: Service, @unchecked Sendable {
    // @unchecked: the refresher is made, used and closed by the thread in `run` alone.

    /// For logs.
    public let name = "refresher"
    private let make: @Sendable (ShutdownSignal) throws -> Refresher
    private let pause: Duration
    private let logger: Logger

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - pause: the time between two passes.
    ///   - make: opens the refresher when the service starts; its requests end with the shutdown.
    public init(every pause: Duration, logger: Logger, make: @escaping @Sendable (ShutdownSignal) throws -> Refresher) {
        self.pause = pause
        self.logger = logger
        self.make = make
    }

    /// Runs until the shutdown.
    ///
    /// - Throws: `JournalError`, `SQLiteError`.
    public func run(_ shutdown: ShutdownSignal) throws {
        let refresher = try make(shutdown)
        do {
            while !shutdown.isRequested {
                do {
                    tell(try refresher.pass(shutdown))
                } catch let error as XAPIError {
                    logger.warning("likes are not refreshed: \(error); trying again in \(pause)")
                }
                shutdown.wait(for: pause)
            }
        } catch {
            // What ended it is the error to tell; what was journalled is safe without closing.
            try? refresher.close()
            throw error
        }
        try refresher.close()
    }

    private func tell(_ report: RefreshReport) {
        guard report.due > 0 else { return }
        if case .refused(let reason) = report.ending { logger.warning("X takes no more lookups for now: \(reason)") }
        logger.info(
            "likes refreshed",
            [
                ("due", "\(report.due)"), ("read", "\(report.read)"), ("changed", "\(report.changed)"),
                ("gone", "\(report.gone)"), ("spent", "\(report.spent)"), ("free", "\(report.free)"),
            ] + (report.left.map { [("left", "\($0)")] } ?? [])
        )
    }
}
