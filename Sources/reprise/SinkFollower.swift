internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Replayer
internal import Sinks
internal import Synchronization

/// Goes from the journal into another sink for as long as the process runs, and on where that had settled.
///
/// A sink that is down, at the start too, is tried again and again: what is recorded must not wait for it.
final class SinkFollower: Service {
    let name = "delivery"
    private let address: SinkAddress
    private let directory: String
    private let flushInterval: Duration
    private let invocation: Invocation
    private let logger: Logger
    private let told = Mutex<String?>(nil)

    /// How long a sink that could not be opened is left alone.
    private static let pause = Duration.seconds(10)

    init(_ address: SinkAddress, directory: String, _ invocation: Invocation, logger: Logger) throws {
        self.address = address
        self.directory = directory
        flushInterval = try invocation.duration("flush-interval") ?? .zero
        self.invocation = invocation
        self.logger = logger
    }

    func run(_ shutdown: ShutdownSignal) throws {
        while !shutdown.isRequested {
            do {
                try open(shutdown).replayer.run(shutdown)
                return
            } catch let error as SinkError where error.code == .unavailable {
                logger.warning("\(address) takes nothing: \(error)")
                shutdown.wait(for: SinkFollower.pause)
            }
        }
    }

    private func open(_ shutdown: ShutdownSignal) throws -> SinkReplay {
        try SinkReplay(
            address,
            of: Journal(directory: directory),
            ReplayConfiguration(end: .never, flushInterval: flushInterval),
            invocation,
            checkpoint: { "sink-\(CheckpointName.own($0))" },
            patience: .endless,
            shutdown: shutdown,
            onProgress: { [self] in tell($0.trouble) }
        )
    }

    /// Says once when the sink stops taking documents, and once when it goes on.
    private func tell(_ trouble: String?) {
        let before = told.withLock { told in
            defer { told = trouble }
            return told
        }
        guard before != trouble else { return }
        if let trouble {
            logger.warning("\(address) takes nothing: \(trouble); it is tried again")
        } else {
            logger.notice("\(address) takes documents again")
        }
    }
}
