internal import AWS
internal import Journal
internal import Lifecycle
internal import Replayer
internal import Sinks

/// How each kind of sink is opened, and the state that goes with it.
extension OpenFeed {
    /// Other feeds may write to the same database at the moment of a stop, so it waits a little for them.
    private static let grace = Duration.seconds(1)

    /// Opens the delivery alone, without a checkpoint.
    static func delivery(
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ shutdown: ShutdownSignal
    ) throws -> any Delivery {
        let silent = Listeners(onTrouble: { _ in }, onNotice: { _ in }, onProgress: { _ in })
        return try open(configuration, seed: seed, silent, shutdown).delivery
    }

    /// Opens a sink of either kind.
    static func open(
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ listeners: Listeners,
        _ shutdown: ShutdownSignal
    ) throws -> Opened {
        if case .search(let address) = configuration.sink {
            return try search(address, configuration, seed: seed, listeners, shutdown)
        }
        guard !configuration.isRebuild else {
            throw SinkError(.address, "--rebuild is for elasticsearch: and opensearch:")
        }
        if case .firehose(let address) = configuration.sink {
            return try firehose(address, configuration, seed: seed, listeners, shutdown)
        }
        if case .s3(let address) = configuration.sink {
            return try s3(address, configuration, seed: seed, listeners, shutdown)
        }
        return try local(configuration.sink, configuration, shutdown)
    }

    struct Opened {
        let delivery: any Delivery
        /// What a checkpoint of a sink does that is gone from this place.
        var rebinding: Checkpoint.Rebinding?
        /// Where the sink is; empty where its identity says it.
        var place = ""
        var finish: ((ReplayBooks) throws -> SearchRebuildResult)?
        var totals: (() -> FirehoseTotals)?
        var s3Totals: (() -> S3Totals)?
    }

    private static func local(
        _ sink: SinkAddress,
        _ configuration: FeedConfiguration,
        _ shutdown: ShutdownSignal
    ) throws -> Opened {
        let resuming = configuration.checkpoint != .none
        let opened = try sink.open(
            transformDigest: Replayer.transformDigest,
            resuming: resuming,
            skipsDeletions: configuration.skipsDeletions,
            standsAlone: configuration.standsAlone,
            isStopped: { shutdown.isRequested(for: grace) }
        )
        let delivery = LocalDelivery(opened)
        guard case .ndjson = sink else { return Opened(delivery: delivery) }
        // An empty file at a known place is what logrotate leaves.
        let isEmpty = delivery.outputLength == 0
        return Opened(delivery: delivery, rebinding: isEmpty ? .resumes : nil, place: sink.target)
    }

    private static func search(
        _ address: SearchAddress,
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ listeners: Listeners,
        _ shutdown: ShutdownSignal
    ) throws -> Opened {
        let connection = configuration.connection
        let patience = configuration.persistence.patience
        let setup = SearchSetup(
            try SearchClient(address, connection),
            transformDigest: Replayer.transformDigest,
            giveUpAfter: patience.limit,
            shutdown: shutdown,
            onTrouble: { listeners.onTrouble($0) }
        )
        func deliver(_ sink: SearchSink) throws -> ConcurrentDelivery {
            try ConcurrentDelivery(sink, patience: patience, seed: seed, onTrouble: listeners.onTrouble)
        }
        let place = "\(configuration.sink)"
        if configuration.isRebuild {
            let rebuild = try setup.beginRebuild()
            let sink = SearchSink(address, connection, rebuild: rebuild)
            return Opened(delivery: try deliver(sink), rebinding: .startsOver, place: place) { books in
                // A reply that was lost counts a document neither as new nor, the next time, as anything but stale.
                let created = sink.created
                return try setup.finishRebuild(rebuild, documents: created...(created + books.stale))
            }
        }
        let target = try configuration.usesSetup ? setup.prepare() : nil
        let identity = target?.identity ?? SearchSetup.identityWithoutSetup(address)
        let sink = SearchSink(address, connection, identity: identity)
        return Opened(
            delivery: try deliver(sink),
            rebinding: target?.isNew == true ? .startsOver : nil,
            place: place
        )
    }

    private static func firehose(
        _ address: FirehoseAddress,
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ listeners: Listeners,
        _ shutdown: ShutdownSignal
    ) throws -> Opened {
        guard let connection = configuration.aws else {
            throw SinkError(.address, "\(address) needs a connection to AWS")
        }
        do {
            try FirehoseSetup(address, connection).check(configuration.firehose) { shutdown.isRequested }
            let sink = try FirehoseSink(address, connection, configuration.firehose)
            let delivery = try ConcurrentDelivery(
                sink,
                patience: configuration.persistence.patience,
                seed: seed,
                onTrouble: listeners.onTrouble
            )
            return Opened(delivery: delivery, place: "\(address)", totals: { sink.totals })
        } catch let error as AWSError {
            throw SinkError("\(address)", error)
        }
    }

    private static func s3(
        _ address: S3Address,
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ listeners: Listeners,
        _ shutdown: ShutdownSignal
    ) throws -> Opened {
        guard let connection = configuration.aws else {
            throw SinkError(.address, "\(address) needs a connection to AWS")
        }
        do {
            _ = try connection.credentials.current { shutdown.isRequested }
            let delivery = try S3Delivery(
                address,
                connection,
                configuration.s3,
                transformDigest: configuration.range.transformDigest,
                patience: configuration.persistence.patience,
                seed: seed,
                onTrouble: listeners.onTrouble,
                onNotice: listeners.onNotice
            )
            return Opened(delivery: delivery, place: "\(address)", s3Totals: { delivery.totals })
        } catch let error as AWSError {
            throw SinkError("\(address)", error)
        }
    }

    static func deadLetters(
        of sink: SinkAddress,
        _ journal: Journal,
        _ shutdown: ShutdownSignal
    ) throws -> DeadLetterBox {
        let letters = try DeadLetters(journal: journal, isStopped: { shutdown.isRequested(for: grace) })
        return DeadLetterBox(letters, sink: "\(sink)")
    }

    static func checkpoint(
        _ configuration: FeedConfiguration,
        _ opened: Opened,
        _ journal: Journal,
        _ shutdown: ShutdownSignal
    ) throws -> Checkpoint? {
        let identity = opened.delivery.identity
        // A file is known by its place: its identity goes with it when it is renamed away.
        let isFile = if case .ndjson = configuration.sink { true } else { false }
        let key = isFile ? "ndjson:\(opened.place)" : identity
        let name: String
        switch configuration.checkpoint {
        case .none: return nil
        case .ofSink: name = "sink-\(FeedCheckpoint.own(key))"
        case .named(let given):
            name = try FeedCheckpoint.resolve(
                given,
                key: key,
                identity: identity,
                isAlone: configuration.isAlone,
                in: journal,
                isStopped: { shutdown.isRequested(for: grace) }
            )
        }
        return try Checkpoint(
            journal: journal,
            name: name,
            sink: identity,
            transform: configuration.range.transformDigest,
            place: opened.place,
            rebinding: opened.rebinding,
            isStopped: { shutdown.isRequested(for: grace) }
        )
    }
}
