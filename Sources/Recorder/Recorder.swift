internal import HTTPClient
public import Lifecycle
public import Logging
internal import Synchronization
public import Time
public import XAPI

/// Records the filtered stream: connects, journals every delivery before anything looks at it, and connects again.
///
/// It knows nothing of posts. The journal gets `opened`, `rules` and `closed` events around each connection's bytes.
public final class Recorder: Service {
    /// `recorder`.
    public let name = "recorder"

    private let configuration: RecorderConfiguration
    private let sink: any DeliverySink
    private let budget: BudgetGuard?
    private let room: RoomWatch?
    private let clock: WallClock
    private let monotonic: MonotonicClock
    private let hooks: RecorderHooks
    private let logger: Logger
    private let shared = Mutex(RecorderStatus())

    /// Makes a recorder; nothing is connected before it runs.
    ///
    /// - Parameters:
    ///   - configuration: what to record.
    ///   - sink: where to put it; the recorder closes it when it ends.
    ///   - budget: counts posts, with those of its period that are journalled already; nil for no limit.
    ///   - room: watches the journal's disk; nil where nobody is to.
    ///   - clock: the time of budgets, and of the times that are shown.
    ///   - monotonic: the time of every wait.
    ///   - hooks: see there.
    ///   - logger: never gets a secret.
    public init(
        _ configuration: RecorderConfiguration,
        sink: any DeliverySink,
        budget: BudgetGuard? = nil,
        room: RoomWatch? = nil,
        clock: WallClock = .system,
        monotonic: MonotonicClock = .system,
        hooks: RecorderHooks = .init(),
        logger: Logger = .silent
    ) {
        self.configuration = configuration
        self.sink = sink
        self.budget = budget
        self.room = room
        self.clock = clock
        self.monotonic = monotonic
        self.hooks = hooks
        self.logger = logger
    }

    /// Where the recorder stands; from any thread.
    public var status: RecorderStatus { shared.withLock { $0 } }

    /// Records until the shutdown is requested, the budget, the time or the disk is used up, or waiting is of no use.
    ///
    /// With `waitsForBudget` a spent budget does not end it: it connects again when the next day or month begins.
    ///
    /// Whatever happens, the sink is closed before it returns: all that came is sealed and durable.
    ///
    /// - Throws: `RecorderError`, or the sink's error.
    public func run(_ shutdown: ShutdownSignal) throws {
        defer { tellEnd() }
        let told = sink.troubles
        for trouble in told { logger.warning(trouble) }
        do {
            var run = try RecorderRun(
                configuration,
                sink: sink,
                budget: budget,
                room: room,
                clock: clock,
                monotonic: monotonic,
                hooks: hooks,
                logger: logger,
                shutdown: shutdown,
                publish: { status in self.shared.withLock { $0 = status } }
            )
            try run.loop()
        } catch {
            let first = RecorderError.explaining(error)
            do {
                try sink.close()
            } catch let second {
                // The first error is the one to act on; a consequence of it need not be told once more.
                if !"\(first)".contains("\(second)") { logger.error("closing the journal failed too: \(second)") }
            }
            throw first
        }
        do { try sink.close() } catch { throw RecorderError.explaining(error) }
        for trouble in sink.troubles where !told.contains(trouble) { logger.warning(trouble) }
    }

    /// Whoever watches learns of the end, whatever it was: a terminal's line is not to stand before the reason.
    private func tellEnd() {
        shared.withLock {
            $0.counts = sink.counts
            $0.phase = .ended
        }
        hooks.onStatus?(status)
    }
}
