internal import Journal
internal import Lifecycle
internal import Replayer
internal import Sinks

/// A feed that was opened: its delivery, its checkpoint, and the replay between journal and sink.
struct OpenFeed {
    let replayer: Replayer
    private let finish: ((ReplayBooks) throws -> SearchRebuildResult)?
    private let totals: (() -> FirehoseTotals)?
    private let objects: (() -> S3Totals)?

    /// What is told while it is opened and while it runs.
    struct Listeners: Sendable {
        /// Why a remote sink takes nothing, nil where it does.
        let onTrouble: @Sendable (String?) -> Void
        /// Something that is worth a line of the log.
        let onNotice: @Sendable (String) -> Void
        let onProgress: @Sendable (ReplayProgress) -> Void
    }

    /// Opens sink and checkpoint; waits as long as `persistence` allows.
    init(
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ listeners: Listeners,
        _ shutdown: ShutdownSignal
    ) throws {
        let journal = try Journal(directory: configuration.journal)
        let sink = configuration.sink
        var range = configuration.range
        // What is on this machine takes a few documents as easily as many.
        if !sink.isRemote { range.flushInterval = .zero }
        let opened = try OpenFeed.open(configuration, seed: seed, listeners, shutdown)
        finish = opened.finish
        totals = opened.totals
        objects = opened.s3Totals
        // A pipe that has no reader, or one that never reads, hears the shutdown from here on.
        opened.delivery.endWaits(on: shutdown)
        let checkpoint = try OpenFeed.checkpoint(configuration, opened, journal, shutdown)
        switch checkpoint?.rebound {
        case .startsOver: listeners.onNotice("\(sink) was created just now, so it is filled from the beginning")
        case .resumes: listeners.onNotice(OpenFeed.notice(.replaced, sink))
        case nil: break
        }
        replayer = Replayer(
            journal: journal,
            configuration: range,
            delivery: opened.delivery,
            checkpoint: checkpoint,
            deadLetters: try sink.isRemote ? OpenFeed.deadLetters(of: sink, journal, shutdown) : nil,
            onOutputChange: { listeners.onNotice(OpenFeed.notice($0, sink)) },
            onProgress: listeners.onProgress
        )
    }

    /// Ends a rebuild when everything was delivered: the alias moves; nil where none was asked for.
    func finishRebuild() throws -> SearchRebuildResult? { try finish?(replayer.currentBooks) }

    /// What a delivery to Firehose has come to; nil for other sinks.
    var firehoseTotals: FirehoseTotals? { totals?() }

    /// What a delivery to S3 has come to; nil for other sinks.
    var s3Totals: S3Totals? { objects?() }

    private static func notice(_ change: OutputChange, _ sink: SinkAddress) -> String {
        switch change {
        case .truncated: "another program has truncated \(sink); it continues at the end of the file as it is now"
        case .replaced:
            "\(sink) was renamed or deleted; it continues in a new file of that name, without what the old one holds"
        }
    }
}
