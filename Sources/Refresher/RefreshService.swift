internal import Failures
public import Lifecycle
public import Logging
internal import Time

/// Makes pass after pass until it is stopped.
///
/// Whatever ends a pass, a refusal of X, a wrong clock, a locked file or another refresher at work, is logged and tried again,
/// because what is recorded meanwhile must not suffer for it.
public final class RefreshService: Service, @unchecked Sendable {
    // @unchecked: the refresher is made, used and closed by the thread in `run` alone.

    /// For logs.
    public let name = "refresher"
    private let make: @Sendable (ShutdownSignal, _ spentInRun: Int) throws -> Refresher
    private let backOff: RefreshBackOff
    private let logger: Logger
    private let health: HealthBoard?
    /// Beside a recorder, nothing else is.
    public let isEssential = false

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - pause: the time between two passes.
    ///   - health: learns why likes are not refreshed, and when they are again.
    ///   - random: gives numbers from 0 up to, but not including, 1, for jitter.
    ///   - make: opens a refresher, at the start and after each failure; its requests end with the shutdown, and what those before it
    ///     have spent counts against the budget of the run.
    public init(
        every pause: Duration,
        logger: Logger,
        health: HealthBoard? = nil,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        make: @escaping @Sendable (ShutdownSignal, _ spentInRun: Int) throws -> Refresher
    ) {
        backOff = RefreshBackOff(pause: pause, random: random)
        self.logger = logger
        self.health = health
        self.make = make
    }

    /// Runs until the shutdown.
    public func run(_ shutdown: ShutdownSignal) {
        var (failures, spent) = (0, 0)
        while !shutdown.isRequested {
            do {
                try refresh(shutdown, &spent, &failures)
            } catch {
                if shutdown.isRequested { return logger.warning("likes were not refreshed to the end: \(error)") }
                failures += 1
                let wait = backOff.wait(after: FailureCause(of: error).kind, failures: failures)
                logger.error("likes are not refreshed: \(error); trying again in \(Int(wait.asSeconds.rounded(.up))) s")
                health?.failed(name, "\(error)")
                shutdown.wait(for: wait)
            }
        }
    }

    private func refresh(_ shutdown: ShutdownSignal, _ spent: inout Int, _ failures: inout Int) throws {
        let refresher = try make(shutdown, spent)
        defer { spent = refresher.spentInRun }
        do {
            while !shutdown.isRequested {
                let report = try refresher.pass(shutdown)
                tell(report)
                if case .refused(let reason) = report.ending {
                    health?.failed(name, reason)
                } else {
                    health?.works(name)
                }
                if case .refused = report.ending {
                    failures += 1
                    shutdown.wait(for: backOff.wait(after: .retry, failures: failures))
                } else {
                    failures = 0
                    shutdown.wait(for: backOff.pause)
                }
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
                ("gone", "\(report.gone)"), ("doubted", "\(report.doubted)"),
                ("without_counts", "\(report.withoutCounts)"), ("spent", "\(report.spent)"),
                ("free", "\(report.free)"),
            ] + (report.left.map { [("left", "\($0)")] } ?? [])
        )
    }
}
