internal import Failures
internal import Logging
internal import Time

/// Runs an optional service until the shutdown, again after each failure.
struct OptionalRun {
    let service: any Service
    let trouble: TroubleReport
    let random: @Sendable () -> Double

    /// A service that has worked that long has recovered: its next failure is its first.
    private static let recovery = Duration.seconds(60)

    /// Returns when the service has done its work or the shutdown is requested.
    func run(_ shutdown: ShutdownSignal) {
        var failures = 0
        while !shutdown.isRequested {
            let time = Stopwatch()
            do {
                return try service.run(shutdown)
            } catch {
                if shutdown.isRequested { return }
                if time.elapsed >= OptionalRun.recovery { failures = 0 }
                trouble.report("\(error)")
                let backoff = Backoff.fitting(FailureCause(of: error))
                shutdown.wait(for: backoff.wait(after: failures, chance: random()))
                failures += 1
            }
        }
    }
}
