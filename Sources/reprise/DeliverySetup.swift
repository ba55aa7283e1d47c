internal import Journal
internal import Lifecycle
internal import Options
internal import Replayer
internal import Sinks

/// Opens what `--sink` names.
struct DeliverySetup {
    static let options =
        [
            Option(
                long: "no-setup",
                help: "Ask a search engine for nothing but _bulk: the alias is there, and made by somebody else."
            )
        ] + SearchSettings.options

    static let flushInterval = Option(
        long: "flush-interval",
        value: "TIME",
        help: "How long a search engine's followers wait after a post for more to send with it; 0s sends each at once.",
        default: "200ms"
    )

    static let giveUpAfter = Option(
        long: "give-up-after",
        value: "TIME",
        help:
            "How long a search engine that is down or too busy is tried without one success; then the exit status is 75.",
        default: "5m"
    )

    /// What `--give-up-after` says.
    static func patience(_ invocation: Invocation) throws -> DeliveryPatience {
        .givingUp(after: try invocation.duration("give-up-after") ?? .seconds(300))
    }

    static let rebuild = Option(
        long: "rebuild",
        help:
            "Fill a new index of the search engine with everything, then put the alias in front of it; the old one stays."
    )

    /// Where the documents go.
    let delivery: any Delivery
    /// Whether the index was made just now.
    let isNew: Bool
    private let sink: SearchSink?
    private let finish: ((SearchSink, DeliveryCounts) throws -> SearchRebuildResult)?

    /// Opens a sink.
    ///
    /// - Parameters:
    ///   - resuming: whether a file is gone on with.
    ///   - isRebuild: whether a new index is filled, which takes the alias in the end.
    ///   - patience: what happens when a remote sink takes nothing.
    ///   - trouble: told when a remote sink takes nothing, and when it does again.
    init(
        _ address: SinkAddress,
        _ invocation: Invocation,
        resuming: Bool,
        patience: DeliveryPatience,
        shutdown: ShutdownSignal,
        trouble: SinkTrouble? = nil,
        isRebuild: Bool = false
    ) throws {
        guard case .search(let search) = address else {
            guard !isRebuild else {
                throw UsageError("--rebuild is for elasticsearch: and opensearch:", command: invocation.path)
            }
            delivery = LocalDelivery(try address.open(transformDigest: Replayer.transformDigest, resuming: resuming))
            (sink, finish, isNew) = (nil, nil, false)
            return
        }
        let connection = try SearchSettings.connection(invocation)
        let setup = SearchSetup(
            try SearchClient(search, connection),
            transformDigest: Replayer.transformDigest,
            giveUpAfter: patience.limit,
            shutdown: shutdown,
            onTrouble: { trouble?.tell($0) }
        )
        let sink: SearchSink
        if isRebuild {
            let rebuild = try setup.beginRebuild()
            sink = SearchSink(search, connection, rebuild: rebuild)
            isNew = true
            finish = { sink, counts in
                // A reply that was lost counts nobody as new, and the document as stale the next time.
                let created = sink.created
                return try setup.finishRebuild(rebuild, documents: created...(created + counts.stale))
            }
        } else {
            let target = try invocation.flag("no-setup") ? nil : setup.prepare()
            isNew = target?.isNew ?? false
            let identity = target?.identity ?? SearchSetup.identityWithoutSetup(search)
            sink = SearchSink(search, connection, identity: identity)
            finish = nil
        }
        self.sink = sink
        delivery = try ConcurrentDelivery(
            sink,
            patience: patience,
            seed: UInt64.random(in: 0...UInt64.max),
            onTrouble: { trouble?.tell($0) }
        )
    }

    /// Ends a rebuild when everything was delivered: the alias moves; nil where none was asked for.
    func finishRebuild(_ counts: DeliveryCounts) throws -> SearchRebuildResult? {
        guard let sink, let finish else { return nil }
        return try finish(sink, counts)
    }
}
