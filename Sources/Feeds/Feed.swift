internal import Failures
public import Lifecycle
public import Logging
public import Replayer
internal import Sinks
internal import Synchronization
internal import Time

/// One sink with its reader, checkpoint and retry policy: opened again after failures, as its `FeedPersistence` says.
public final class Feed: Service {
    /// For logs, the health board and the thread.
    public var name: String { "feed \(configuration.sink)" }
    /// No feed stops the others.
    public let isEssential = false
    /// What it feeds and how.
    public let configuration: FeedConfiguration
    private let logger: Logger
    private let trouble: TroubleReport
    private let onProgress: @Sendable (ReplayProgress) -> Void
    private let random: @Sendable () -> Double
    private let shared = Mutex(FeedOutcome())

    /// A feed that has worked that long has recovered: its next failure is its first.
    private static let recovery = Duration.seconds(60)

    /// Makes a feed; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - logger: takes why the sink takes nothing, and when it does again.
    ///   - health: learns the same.
    ///   - random: gives numbers from 0 up to, but not including, 1, for jitter.
    ///   - onProgress: called after each delivery, on the feed's thread.
    public init(
        _ configuration: FeedConfiguration,
        logger: Logger,
        health: HealthBoard? = nil,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        onProgress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.random = random
        self.onProgress = onProgress
        trouble = TroubleReport("\(configuration.sink)", logger, health: health)
    }

    /// How it ended, or how far it has come.
    public var outcome: FeedOutcome { shared.withLock { $0 } }

    /// Feeds the sink until the range ends or the shutdown is requested; then everything delivered is settled.
    ///
    /// - Throws: what ended it, where its policy does not retry that; the checkpoint then stands before what is not settled.
    public func run(_ shutdown: ShutdownSignal) throws {
        let time = Stopwatch()
        defer { shared.withLock { $0.elapsed = time.elapsed } }
        var (failures, troubled) = (0, Stopwatch())
        while true {
            let attempt = Stopwatch()
            do {
                return try runOnce(shutdown)
            } catch let error as SinkError where error.code == .stopped {
                // The checkpoint stands before what is not settled; a follower is always stopped somewhere.
                return shared.withLock { $0.isStopped = !configuration.range.isFollowing }
            } catch {
                if failures == 0 || attempt.elapsed >= Feed.recovery { (failures, troubled) = (0, Stopwatch()) }
                let wait =
                    hasGivenUp
                    ? nil
                    : configuration.persistence.wait(
                        after: FailureCause(of: error),
                        failures: failures,
                        troubled: troubled.elapsed,
                        chance: random()
                    )
                guard let wait, !shutdown.isRequested else { return try end(with: error, shutdown) }
                failures += 1
                reportTrouble("\(error)")
                if shutdown.wait(for: wait) { return try end(with: error, shutdown) }
            }
        }
    }

    /// Whether a failure is the end: the setup and the delivery of a remote sink have retried as long as a bounded feed may.
    private var hasGivenUp: Bool {
        if case .bounded = configuration.persistence { configuration.sink.isRemote } else { false }
    }

    private func end(with error: any Error, _ shutdown: ShutdownSignal) throws {
        // Beside a recorder, a sink that is down at the end is no failure of the recording.
        if shutdown.isRequested, configuration.persistence == .permanent { return }
        shared.withLock { $0.error = error }
        throw error
    }

    private func runOnce(_ shutdown: ShutdownSignal) throws {
        let isLocal = !configuration.sink.isRemote
        let listeners = OpenFeed.Listeners(
            onTrouble: { [self] in reportTrouble($0) },
            onNotice: { [logger] in logger.warning($0) },
            onProgress: { [self] progress in
                shared.withLock { $0.lag = progress.lag }
                // A sink that can be opened may still fail at every document.
                if isLocal, progress.books.documents > 0 || progress.lag == .zero { reportTrouble(nil) }
                onProgress(progress)
            }
        )
        let seed = UInt64(random() * Double(1 << 53))
        let open = try OpenFeed(configuration, seed: seed, listeners, shutdown)
        if isLocal, outcome.books == ReplayBooks(), !trouble.isReported { reportTrouble(nil) }
        let earlier = outcome
        defer {
            shared.withLock {
                $0.books = earlier.books.adding(open.replayer.currentBooks)
                $0.firehose = open.firehoseTotals.map { ($0).adding(earlier.firehose ?? FirehoseTotals()) }
                $0.s3 = open.s3Totals.map { ($0).adding(earlier.s3 ?? S3Totals()) }
            }
        }
        try open.replayer.run(shutdown)
        let isStopped = shutdown.isRequested && !configuration.range.isFollowing
        shared.withLock {
            $0.isSettled = true
            $0.isStopped = isStopped
        }
        guard !isStopped else { return }
        let rebuilt = try open.finishRebuild()
        shared.withLock { $0.rebuilt = rebuilt }
    }

    private func reportTrouble(_ reason: String?) {
        trouble.report(reason, failed: "takes nothing", recovered: "takes documents again")
    }
}
