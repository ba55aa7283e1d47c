internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Replayer
internal import Sinks
internal import Synchronization
internal import Time

/// Runs the replay into one of the sinks of `reprise replay`; what ends it does not end those into the others.
final class SinkRun: Sendable {
    /// How it ended.
    struct Outcome: Sendable {
        var books = ReplayBooks()
        var elapsed = Duration.zero
        /// Following: how long the oldest record had been there that was not settled.
        var lag: Duration?
        /// Whether somebody stopped it before the end of the range.
        var isStopped = false
        var rebuilt: SearchRebuildResult?
        var error: (any Error)?
        /// Whether everything it was to replay was settled, whatever came then.
        var isSettled = false

        var status: ExitStatus {
            if let error { return ExitStatus(for: error) }
            return books.isComplete && !isStopped ? .done : .lossy
        }
    }

    let address: SinkAddress
    private let isAlone: Bool
    private let configuration: ReplayConfiguration
    private let invocation: Invocation
    private let line: ReplayStatusLine?
    private let trouble: SinkTrouble
    private let result = Mutex(Outcome())

    /// How long a sink that could not be opened is left alone.
    private static let pause = Duration.seconds(10)

    init(
        _ address: SinkAddress,
        isAlone: Bool,
        _ configuration: ReplayConfiguration,
        _ invocation: Invocation,
        logger: Logger,
        line: ReplayStatusLine?
    ) {
        self.address = address
        self.isAlone = isAlone
        self.configuration = configuration
        self.invocation = invocation
        self.line = line
        trouble = SinkTrouble(address, logger)
    }

    /// How it ended, or how far it is.
    var outcome: Outcome { result.withLock { $0 } }

    /// Replays to the end, and keeps how it ended; an error is kept, not thrown, and told at once where there are other sinks.
    func run(_ shutdown: ShutdownSignal) {
        let time = Stopwatch()
        while true {
            do {
                try replay(shutdown, time)
            } catch let error as SinkError where error.code == .stopped {
                // The checkpoint stands before what was not settled; a follower is always stopped somewhere.
                result.withLock { $0.isStopped = !configuration.isFollowing }
            } catch let error as SinkError
                where error.code == .unavailable && configuration.isFollowing && !isAlone && !shutdown.isRequested
            {
                // The others go on, and nobody starts this one again: it is tried for as long as they follow.
                trouble.tell("\(error)")
                if !shutdown.wait(for: SinkRun.pause) { continue }
                result.withLock { $0.error = error }
            } catch {
                result.withLock { $0.error = error }
                if !isAlone { tell("\(error)") }
            }
            break
        }
        result.withLock { $0.elapsed = time.elapsed }
        line?.end(of: address)
    }

    private func replay(_ shutdown: ShutdownSignal, _ time: Stopwatch) throws {
        let journal = try Journal(directory: Context.journalDirectory(invocation))
        let name = invocation.string("checkpoint")
        let one = try SinkReplay(
            address,
            of: journal,
            configuration,
            invocation,
            checkpoint: name.map { name in
                { try CheckpointName.resolve(name, for: $0, isAlone: self.isAlone, in: journal) }
            },
            patience: configuration.isFollowing ? .endless : DeliverySetup.patience(invocation),
            isRebuild: invocation.flag("rebuild"),
            shutdown: shutdown,
            trouble: trouble,
            onProgress: { [self] state in
                result.withLock { $0.lag = state.lag }
                line?.show(state, of: address)
            }
        )
        defer {
            result.withLock { $0.books = one.replayer.currentBooks }
        }
        try one.replayer.run(shutdown)
        let books = one.replayer.currentBooks
        let isStopped = shutdown.isRequested && !configuration.isFollowing
        result.withLock {
            $0.isSettled = true
            $0.isStopped = isStopped
        }
        guard !isStopped else { return }
        let counts = DeliveryCounts(accepted: books.accepted, stale: books.stale, rejected: books.rejected)
        let rebuilt = try one.setup.finishRebuild(counts)
        result.withLock { $0.rebuilt = rebuilt }
    }

    /// Says what ended this one, while others go on; whoever reads our output may have had enough without a word.
    private func tell(_ text: String) {
        if let error = outcome.error as? SinkError, error.code == .closedPipe { return }
        let message = "\(address): \(text)"
        guard let line else { return StandardError.tell(message) }
        line.above { StandardError.tell(message) }
    }
}
