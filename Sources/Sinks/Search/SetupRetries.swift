internal import Failures
internal import Lifecycle
internal import Time

/// How long the steps of a setup are retried; one thread's.
final class SetupRetries {
    let shutdown: ShutdownSignal
    private let giveUpAfter: Duration?
    private let clock: MonotonicClock
    private let random: () -> Double
    private let onTrouble: (String) -> Void
    private var deadline = Deadline.never

    private static let backoff = Backoff(first: .milliseconds(250), longest: .seconds(10))

    init(
        giveUpAfter: Duration?,
        shutdown: ShutdownSignal,
        clock: MonotonicClock,
        random: @escaping () -> Double,
        onTrouble: @escaping (String) -> Void
    ) {
        self.giveUpAfter = giveUpAfter
        self.shutdown = shutdown
        self.clock = clock
        self.random = random
        self.onTrouble = onTrouble
        begin()
    }

    /// Starts the time that a step, all its requests together, may take.
    func begin() {
        if let giveUpAfter { deadline = Deadline(after: giveUpAfter, on: clock) }
    }

    /// How long the next request may take; nil for as long as the connection allows.
    var timeLeft: Duration? { giveUpAfter == nil ? nil : deadline.left(at: clock.now) }

    /// Waits before a retry: doubled each time, or as long as the engine asked for.
    ///
    /// - Throws: the failure, where nothing is retried, the time is over, or the shutdown is requested.
    func wait(_ asked: Duration?, afterTries tries: Int, _ failure: SinkError) throws(SinkError) {
        guard let giveUpAfter, failure.cause.kind == .retry, !shutdown.isRequested else { throw failure }
        let left = deadline.left(at: clock.now)
        if left > .zero {
            onTrouble("\(failure)")
            let backoff = SetupRetries.backoff.wait(after: tries, chance: random())
            if shutdown.wait(for: min(left, max(backoff, asked ?? .zero))) { throw failure }
        }
        guard deadline.isReached(at: clock.now) else { return }
        let text = "\(failure); given up after \(giveUpAfter.components.seconds) s"
        throw SinkError(failure.code, text, cause: failure.cause)
    }
}
