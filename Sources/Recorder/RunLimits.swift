internal import Lifecycle
internal import Logging
internal import Time
internal import XAPI

/// What ends a run from our side: a request, the time to record, the budget, the disk's floor.
///
/// Confined to the recorder's thread.
final class RunLimits {
    private let shutdown: ShutdownSignal
    private let stopAfter: Duration?
    private let clock: WallClock
    private let stopwatch = Stopwatch()
    private var budget: BudgetGuard?
    private var countedRecords: Int
    private(set) var room: RoomWatch?
    private let uptime: () -> Duration
    private let logger: Logger

    init(
        shutdown: ShutdownSignal,
        stopAfter: Duration?,
        budget: BudgetGuard?,
        room: RoomWatch?,
        clock: WallClock,
        uptime: @escaping () -> Duration,
        counts: DeliveryCounts,
        logger: Logger
    ) {
        self.shutdown = shutdown
        self.stopAfter = stopAfter
        // A budget without a limit costs nothing to guard.
        self.budget = budget?.limit == nil ? nil : budget
        self.room = room
        self.clock = clock
        self.uptime = uptime
        self.logger = logger
        countedRecords = counts.records
    }

    /// Whether a stop was requested or the time to record is over.
    var isTimeUp: Bool {
        shutdown.isRequested || stopAfter.map { stopwatch.elapsed >= $0 } ?? false
    }

    /// Whether nothing more fits into the budget.
    var isBudgetSpent: Bool { budget?.isExhausted ?? false }

    /// Posts that still fit, or nil without a limit.
    var budgetLeft: Int? { budget?.left }

    /// Looks at the journal's disk where a second has passed since the last time; true once it is down to its floor.
    ///
    /// Never part of taking a delivery: the loop around the deliveries asks.
    func isRoomUsedUp(_ counts: @autoclosure () -> DeliveryCounts) -> Bool {
        room?.look(at: uptime(), counts, logger)
        return room?.isUsedUp ?? false
    }

    /// Counts what was journalled since the last call; true once nothing more fits.
    func spend(_ counts: @autoclosure () -> DeliveryCounts) -> Bool {
        guard budget != nil else { return false }
        let records = counts().records
        budget?.count(records - countedRecords, at: clock.now)
        countedRecords = records
        return isBudgetSpent
    }
}
