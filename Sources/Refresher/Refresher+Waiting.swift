internal import Lifecycle
internal import Logging
internal import Time
internal import XAPI

extension Refresher {
    /// X's window of requests: no lookup waits longer for it, whatever reset X names.
    static let window = Duration.seconds(900)
    /// Twice the margin of midnight where X has not told its time.
    private static let longestMidnight = BillingDay.unknownMargin * 2

    /// Every wait is measured by this clock, so a step of the wall clock changes none.
    var monotonic: MonotonicClock { client.monotonic }

    /// Notes that X takes no requests before a time.
    ///
    /// - Parameter longest: the most to wait; a second of jitter comes on top.
    /// - Returns: how long that is.
    @discardableResult
    func closeWindow(until reset: MonotonicTime, atMost longest: Duration = Refresher.window) -> Duration {
        let wait = max(.zero, min(reset - monotonic.now, longest)) + .seconds(1) * nextChance()
        closedUntil = Deadline(after: wait, on: monotonic)
        return wait
    }

    /// Waits while X's window of requests is used up.
    func waitForWindow(_ shutdown: ShutdownSignal) {
        guard let deadline = closedUntil else { return }
        closedUntil = nil
        let left = deadline.left(at: monotonic.now)
        guard left > .zero else { return }
        logger.notice("X's rate limit is used up; the pass resumes in \(Int(left.asSeconds.rounded(.up))) s")
        wait(until: deadline, shutdown)
    }

    /// Waits while it is so near midnight that nobody knows on which day X would bill a request.
    func waitForCertainDay(_ shutdown: ShutdownSignal) {
        guard ledger != nil, day.isUncertain else { return }
        let time = day.certainFrom
        logger.notice("on which day X bills is uncertain around midnight UTC; the pass resumes at \(time.rfc3339)")
        // By how much, once: a wall clock that is set meanwhile makes the wait no longer. Where X has told its time, that clock
        // plays no part at all.
        while day.isUncertain, !shutdown.isRequested {
            let left = min(day.certainFrom - day.now, Refresher.longestMidnight)
            wait(until: Deadline(after: left, on: monotonic), shutdown)
        }
    }

    /// Waits until a deadline or the shutdown.
    func wait(until deadline: Deadline, _ shutdown: ShutdownSignal) {
        while !shutdown.isRequested {
            let left = deadline.left(at: monotonic.now)
            guard left > .zero else { return }
            // Clocks of tests count in microseconds.
            configuration.pause(max(left, .milliseconds(1)), shutdown)
        }
    }

    /// Has a shutdown end what waits for X, or for a file that another process locks.
    func hear(_ shutdown: ShutdownSignal) {
        guard heard?.shutdown !== shutdown else { return }
        heard = (shutdown, shutdown.onRequest(client.wake))
    }
}
