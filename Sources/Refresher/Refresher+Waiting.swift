internal import Lifecycle
internal import Logging
internal import Time

extension Refresher {
    /// Waits while X's window of requests is used up.
    func waitForWindow(_ shutdown: ShutdownSignal) {
        guard let reset = closedUntil, day.now < reset else { return }
        logger.notice("X takes no more requests before \(reset.rfc3339); going on then")
        wait(until: reset, shutdown)
        closedUntil = nil
    }

    /// Waits while it is so near midnight that nobody knows on which day X would bill a request.
    func waitForCertainDay(_ shutdown: ShutdownSignal) {
        guard ledger != nil, day.isUncertain else { return }
        let time = day.certainFrom
        logger.notice("on which day X bills is uncertain around midnight UTC; going on at \(time.rfc3339)")
        while day.isUncertain, !shutdown.isRequested { wait(until: day.certainFrom, shutdown) }
    }

    /// Waits until a time of X's, at most its longest window and twice the margin of midnight.
    ///
    /// In short pauses, because clocks are set.
    private func wait(until time: Timestamp, _ shutdown: ShutdownSignal) {
        var waited = Duration.zero
        while !shutdown.isRequested, day.now < time, waited < .seconds(1_900) {
            let pause = max(.milliseconds(1), min(time - day.now, .seconds(1)))
            configuration.pause(pause, shutdown)
            waited += pause
        }
    }
}
