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
    private let invocation: Invocation
    private let trouble: SinkTrouble

    /// How long a sink that could not be opened is left alone.
    private static let pause = Duration.seconds(10)

    init(_ address: SinkAddress, directory: String, _ invocation: Invocation, logger: Logger) {
        self.address = address
        self.directory = directory
        self.invocation = invocation
        trouble = SinkTrouble(address, logger)
    }

    func run(_ shutdown: ShutdownSignal) throws {
        while !shutdown.isRequested {
            do {
                try replayer(shutdown).run(shutdown)
                return
            } catch let error as SinkError where error.code == .unavailable {
                if shutdown.isRequested { return }
                trouble.tell("\(error)")
                shutdown.wait(for: SinkFollower.pause)
            }
        }
    }

    private func replayer(_ shutdown: ShutdownSignal) throws -> Replayer {
        let journal = try Journal(directory: directory)
        let setup = try DeliverySetup(
            address,
            invocation,
            resuming: true,
            patience: .endless,
            shutdown: shutdown,
            trouble: trouble
        )
        let identity = setup.delivery.identity
        return Replayer(
            journal: journal,
            configuration: ReplayConfiguration(end: .never),
            delivery: setup.delivery,
            checkpoint: try Checkpoint(
                journal: journal,
                name: DeliverySetup.checkpointName(of: identity),
                sink: identity,
                transform: Replayer.transformDigest
            ),
            deadLetters: address.isRemote ? DeadLetterBox(try DeadLetters(journal: journal), sink: "\(address)") : nil
        )
    }
}
