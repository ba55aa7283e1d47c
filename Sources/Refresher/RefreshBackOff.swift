internal import Failures

/// How long a service waits after passes that failed: doubling, capped, with jitter.
struct RefreshBackOff: Sendable {
    /// The time between two passes, and the first wait after a failure.
    let pause: Duration
    /// Gives numbers from 0 up to, but not including, 1.
    let random: @Sendable () -> Double

    /// What may pass by itself is tried again within so long.
    private static let longestRetry = Duration.seconds(600)
    /// Where somebody has to put something right first, the waits are ten times as long, up to this.
    private static let longestWait = Duration.seconds(3_600)

    /// - Parameter failures: how many there were in a row, this one included.
    func wait(after kind: FailureKind, failures: Int) -> Duration {
        let doubled = pause * (1 << min(max(failures, 1) - 1, 16))
        let wait =
            kind == .operatorNeeded
            ? min(doubled * 10, RefreshBackOff.longestWait) : min(doubled, max(pause, RefreshBackOff.longestRetry))
        return wait * (1 - random() / 5)
    }
}
