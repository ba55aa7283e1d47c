internal import Lifecycle
internal import Logging
internal import Time

extension RecorderRun {
    /// Waits before the next connection.
    func wait(_ delay: Duration, _ reason: String, _ cause: (any Error)?) {
        guard delay > .zero else { return }
        let text = cause.map { "\(reason): \($0)" } ?? reason
        // While X is away each failure is one: who looks for warnings alone must see that it lasts.
        let level: Logger.Level = cause == nil ? .notice : .warning
        logger.log(level, "connecting again", [("in_seconds", "\(delay.asSeconds)"), ("reason", text)])
        reporter.set(.waiting(until: clock.now + delay, reason: reason))
        let deadline = Deadline(after: delay, on: monotonic)
        wait { deadline.left(at: monotonic.now) }
    }

    /// Waits until the budget's next day or month begins: times that are written down, so the wall clock is asked again and again.
    func waitForBudget() {
        let renewal = limits.budgetRenewal
        if let renewal {
            logger.notice("the budget is spent; the stream is opened again then", [("at", renewal.rfc3339)])
        } else {
            logger.notice("the budget of this run is spent; nothing more is recorded until the next start")
        }
        reporter.set(.budgetSpent(until: renewal))
        wait { limits.renewBudget() ? .zero : Self.tick }
    }

    /// Between two looks at what may end a wait besides the shutdown, which ends it at once.
    private static let tick = Duration.milliseconds(250)

    private func wait(_ left: () -> Duration) {
        while !limits.isTimeUp, !limits.isRoomUsedUp(sink.counts) {
            let left = left()
            guard left > .zero else { return }
            shutdown.wait(for: min(left, Self.tick))
            reporter.tick()
        }
    }
}
