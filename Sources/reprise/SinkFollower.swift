internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Replayer
internal import Sinks

/// Goes from the journal into another sink for as long as the process runs, and on where that had settled.
///
/// A sink that is down, at the start too, is tried again and again: what is recorded must not wait for it.
final class SinkFollower: Service {
    let name = "delivery"
    private let address: SinkAddress
    private let directory: String
    private let flushInterval: Duration
    private let invocation: Invocation
    private let trouble: SinkTrouble

    /// How long a sink that could not be opened is left alone.
    private static let pause = Duration.seconds(10)

    init(_ address: SinkAddress, directory: String, _ invocation: Invocation, logger: Logger) throws {
        self.address = address
        self.directory = directory
        flushInterval = try invocation.duration("flush-interval") ?? .zero
        self.invocation = invocation
        trouble = SinkTrouble(address, logger)
    }

    func run(_ shutdown: ShutdownSignal) throws {
        while !shutdown.isRequested {
            do {
                try open(shutdown).replayer.run(shutdown)
                return
            } catch let error as SinkError where error.code == .stopped {
                return
            } catch let error as SinkError where error.code == .unavailable {
                if shutdown.isRequested { return }
                trouble.tell("\(error)")
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
            trouble: trouble
        )
    }
}
