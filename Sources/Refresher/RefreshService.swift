public import Lifecycle
public import Logging
internal import Time

/// Makes pass after pass until it is stopped.
///
/// Whatever ends a pass, a refusal of X, a wrong clock or another refresher at work, is logged and tried again, because what is
/// recorded meanwhile must not suffer for it.
public final class RefreshService: Service, @unchecked Sendable {
    // @unchecked: the refresher is made, used and closed by the thread in `run` alone.

    /// For logs.
    public let name = "refresher"
    private let make: @Sendable (ShutdownSignal, _ spentInRun: Int) throws -> Refresher
    private let pause: Duration
    private let logger: Logger

    /// After a failure the pause doubles with each further one, up to this.
    private static let longestPause = Duration.seconds(3_600)

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - pause: the time between two passes.
    ///   - make: opens a refresher, at the start and after each failure; its requests end with the shutdown, and what those before it
    ///     have spent counts against the budget of the run.
    public init(
        every pause: Duration,
        logger: Logger,
        make: @escaping @Sendable (ShutdownSignal, _ spentInRun: Int) throws -> Refresher
    ) {
        self.pause = pause
        self.logger = logger
        self.make = make
    }

    /// Runs until the shutdown.
    public func run(_ shutdown: ShutdownSignal) {
        var (wait, spent) = (pause, 0)
        while !shutdown.isRequested {
            do {
                try refresh(shutdown, &spent) { wait = pause }
            } catch {
                logger.error("likes are not refreshed: \(error); trying again in \(Int(wait.asSeconds)) s")
                shutdown.wait(for: wait)
                wait = min(wait * 2, RefreshService.longestPause)
            }
        }
    }

    private func refresh(_ shutdown: ShutdownSignal, _ spent: inout Int, onPass: () -> Void) throws {
        let refresher = try make(shutdown, spent)
        defer { spent = refresher.spentInRun }
        do {
            while !shutdown.isRequested {
                tell(try refresher.pass(shutdown))
                onPass()
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
