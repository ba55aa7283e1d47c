internal import Lifecycle
internal import Time
internal import XAPI

/// What ends a run from our side: a request, the time to record, the budget.
///
/// Confined to the recorder's thread.
final class RunLimits {
    private let shutdown: ShutdownSignal
    private let stopAfter: Duration?
    private let clock: WallClock
    private let stopwatch = Stopwatch()
    private var budget: BudgetGuard?
    private var countedRecords: Int

    init(shutdown: ShutdownSignal, stopAfter: Duration?, budget: BudgetGuard?, clock: WallClock, counts: DeliveryCounts)
    {
        self.shutdown = shutdown
        self.stopAfter = stopAfter
        // A budget without a limit costs nothing to guard.
        self.budget = budget?.limit == nil ? nil : budget
        self.clock = clock
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

    /// Counts what was journalled since the last call; true once nothing more fits.
    func spend(_ counts: @autoclosure () -> DeliveryCounts) -> Bool {
        guard budget != nil else { return false }
        let records = counts().records
        budget?.count(records - countedRecords, at: clock.now)
        countedRecords = records
        return isBudgetSpent
    }
}
