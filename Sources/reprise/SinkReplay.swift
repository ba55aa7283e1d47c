internal import Journal
internal import Lifecycle
internal import Options
internal import Replayer
internal import Sinks

/// A sink that was opened, and the replay into it, with a reader and a checkpoint of its own.
struct SinkReplay {
    let replayer: Replayer
    /// What the documents go to; a checkpoint is bound to it.
    let setup: DeliverySetup

    /// Opens a sink.
    ///
    /// - Parameters:
    ///   - checkpoint: gives the name of the checkpoint for a sink's identity; nil where there is none, and a file is replaced.
    ///   - patience: what happens when a remote sink takes nothing.
    init(
        _ address: SinkAddress,
        of journal: Journal,
        _ configuration: ReplayConfiguration,
        _ invocation: Invocation,
        checkpoint: ((String) throws -> String)?,
        patience: DeliveryPatience,
        isRebuild: Bool = false,
        shutdown: ShutdownSignal,
        trouble: SinkTrouble,
        onProgress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
    ) throws {
        setup = try DeliverySetup(
            address,
            invocation,
            resuming: checkpoint != nil,
            patience: patience,
            shutdown: shutdown,
            trouble: trouble,
            isRebuild: isRebuild
        )
        var configuration = configuration
        // What is on this machine takes a few documents as easily as many.
        if !address.isRemote { configuration.flushInterval = .zero }
        let (identity, isNew) = (setup.delivery.identity, setup.isNew)
        let checkpoint = try checkpoint.map {
            try Checkpoint(
                journal: journal,
                name: $0(identity),
                sink: identity,
                transform: Replayer.transformDigest,
                place: address.isRemote ? "\(address)" : "",
                isEmpty: isNew
            )
        }
        if let checkpoint, checkpoint.hasStartedOver { trouble.tellStartOver() }
        replayer = Replayer(
            journal: journal,
            configuration: configuration,
            delivery: setup.delivery,
            checkpoint: checkpoint,
            deadLetters: address.isRemote
                ? DeadLetterBox(try DeadLetters(journal: journal), sink: "\(address)") : nil,
            onProgress: onProgress
        )
    }
}
