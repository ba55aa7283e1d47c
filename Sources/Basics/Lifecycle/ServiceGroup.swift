public import Logging
internal import Synchronization

/// Runs services together: started in order, a thread each, and stopped in reverse.
///
/// Put what others need first (journal writer, sink, replayer, page, recorder), so that intake stops first and the
/// writer last. The first essential service that ends, by an error or because its work is done, stops the group; an optional one
/// that fails is run again.
public struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let logger: Logger
    private let gracePeriod: Duration
    private let health: HealthBoard
    private let random: @Sendable () -> Double

    /// Makes a group.
    ///
    /// - Parameters:
    ///   - services: in the order of starting.
    ///   - logger: takes starts and stops at level debug, and errors that cannot be thrown.
    ///   - gracePeriod: how long stopping may take in all.
    ///   - health: learns which optional services have failed.
    ///   - random: gives numbers from 0 up to, but not including, 1, for the jitter of restarts.
    public init(
        services: [any Service],
        logger: Logger,
        gracePeriod: Duration = .seconds(5),
        health: HealthBoard = HealthBoard(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.health = health
        self.random = random
        self.services = services
        self.logger = logger
        self.gracePeriod = gracePeriod
    }

    /// Runs the group and blocks until all services have ended or the grace period is over.
    ///
    /// A first signal stops the group in order, a second one ends the process at once (`Signals`). While stopping, a
    /// service is asked when the one started after it has ended, or has used half of what is left of the grace period.
    ///
    /// - Parameters:
    ///   - signals: which signals stop the group.
    ///   - shutdown: a request from elsewhere that stops the group as well.
    /// - Throws: the first error of a service, else `LifecycleError` naming the services that did not stop.
    public func run(stopOn signals: [CInt] = Signals.stopSignals, shutdown: ShutdownSignal = ShutdownSignal()) throws {
        let registration = Signals.requestOn(signals, shutdown)
        defer { registration.cancel() }
        let failures = Failures(logger: logger)
        var running: [(thread: WorkerThread, shutdown: ShutdownSignal)] = []
        for service in services where !shutdown.isRequested {
            let own = ShutdownSignal()
            let logger = logger
            do {
                logger.debug("starting \(service.name)")
                let optional = OptionalRun(
                    service: service,
                    trouble: TroubleReport(service.name, logger, health: health),
                    random: random
                )
                let thread = try WorkerThread(name: service.name) {
                    if !service.isEssential { return optional.run(own) }
                    do {
                        try service.run(own)
                        logger.debug("\(service.name) has ended")
                    } catch {
                        failures.add(error, of: service.name)
                    }
                    shutdown.request()
                }
                running.append((thread, own))
            } catch {
                failures.add(error, of: service.name)
                shutdown.request()
            }
        }
        if running.isEmpty { shutdown.request() }
        // A wait with an end that is never reached in practice: the loop only bounds each single wait.
        while !shutdown.wait(for: .seconds(3_600)) {}
        let stragglers = stop(running)
        try failures.rethrow()
        if !stragglers.isEmpty { throw LifecycleError.didNotStop(stragglers, within: gracePeriod) }
    }

    /// Asks in reverse order and returns the names of those that are still running at the end.
    private func stop(_ running: [(thread: WorkerThread, shutdown: ShutdownSignal)]) -> [String] {
        let start = ContinuousClock.now
        func left() -> Duration { gracePeriod - (ContinuousClock.now - start) }
        for (thread, shutdown) in running.reversed() {
            logger.debug("stopping \(thread.name)")
            shutdown.request()
            if !thread.join(for: left() / 2) { logger.warning("\(thread.name) is slow to stop") }
        }
        return running.filter { !$0.thread.join(for: left()) }.map(\.thread.name)
    }
}

/// The errors of a group's services: the first is thrown, the others are logged.
private final class Failures: Sendable {
    private let first = Mutex<(any Error)?>(nil)
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func add(_ error: any Error, of name: String) {
        let isFirst = first.withLock { first in
            guard first == nil else { return false }
            first = error
            return true
        }
        if isFirst {
            logger.debug("\(name) failed: \(error)")
        } else {
            logger.error("\(name) failed as well: \(error)")
        }
    }

    func rethrow() throws {
        if let error = first.withLock({ $0 }) { throw error }
    }
}
