internal import Lifecycle
internal import Logging
internal import Time
internal import XAPI

/// What ends or interrupts a recording from our side: a request, the time to record, the budget, the disk's floor.
///
/// Confined to the recorder's thread.
final class RunLimits {
    private let shutdown: ShutdownSignal
    private let end: Deadline
    private let clock: WallClock
    private let monotonic: MonotonicClock
    private var budget: BudgetGuard?
    private(set) var room: RoomWatch?
    private let logger: Logger

    init(
        shutdown: ShutdownSignal,
        stopAfter: Duration?,
        budget: BudgetGuard?,
        room: RoomWatch?,
        clock: WallClock,
        monotonic: MonotonicClock,
        logger: Logger
    ) {
        self.shutdown = shutdown
        end = stopAfter.map { Deadline(after: $0, on: monotonic) } ?? .never
        // A budget without a limit costs nothing to guard.
        self.budget = budget?.limit == nil ? nil : budget
        self.room = room
        self.clock = clock
        self.monotonic = monotonic
        self.logger = logger
    }

    /// Whether a stop was requested or the time to record is over.
    var isTimeUp: Bool {
        shutdown.isRequested || end.isReached(at: monotonic.now)
    }

    /// Whether nothing more fits into the budget.
    var isBudgetSpent: Bool { budget?.isExhausted ?? false }

    /// When the budget renews, or nil where it never does.
    var budgetRenewal: Timestamp? { budget?.renewal }

    /// Begins the budget's next period where the wall clock has reached it; true once something fits again.
    func renewBudget() -> Bool {
        budget?.count(0, at: clock.now)
        return !isBudgetSpent
    }

    /// Posts that still fit, or nil without a limit.
    var budgetLeft: Int? { budget?.left }

    /// Looks at the journal's disk where a second has passed since the last time; true once it is down to its floor.
    ///
    /// Never part of taking a delivery: the loop around the deliveries asks.
    func isRoomUsedUp(_ counts: @autoclosure () -> DeliveryCounts) -> Bool {
        room?.look(at: monotonic.now, counts, logger)
        return room?.isUsedUp ?? false
    }

    /// Counts posts that X has billed; true once nothing more fits.
    func spend(_ posts: Int) -> Bool {
        guard budget != nil else { return false }
        budget?.count(posts, at: clock.now)
        return isBudgetSpent
    }
}
