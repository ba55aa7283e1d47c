internal import Feeds
internal import Options
internal import Replayer
internal import Sinks

/// How commands that deliver say where to and how.
enum FeedSettings {
    static let options =
        [
            Option(
                long: "no-setup",
                help: "Send a search engine nothing but _bulk: the alias exists, and somebody else manages it."
            ),
            Option(
                long: "skip-deletions",
                help: "Write no lines such as {\"tweet_id\":\"42\",\"gone\":true,\"version\":…} into NDJSON."
            ),
        ] + SearchSettings.options + AWSOptions.options

    static let flushInterval = Option(
        long: "flush-interval",
        value: "TIME",
        help: "How long a search engine's followers wait after a post for more to send with it; 0s sends each at once.",
        default: "200ms"
    )

    static let giveUpAfter = Option(
        long: "give-up-after",
        value: "TIME",
        help: "How long to keep retrying a sink that is down or overloaded; then exit 75.",
        default: "5m"
    )

    static let rebuild = Option(
        long: "rebuild",
        help:
            "Fill a new index of the search engine with everything, then put the alias in front of it; the old one stays."
    )

    /// What `--give-up-after` says.
    static func bounded(_ invocation: Invocation) throws -> FeedPersistence {
        .bounded(giveUpAfter: try invocation.duration("give-up-after") ?? .seconds(300))
    }

    /// The sinks of `--sink`.
    ///
    /// - Parameters:
    ///   - journal: the folder of what is read, in which no sink may touch the journal's own files.
    ///   - others: what the command writes to anyway.
    static func addresses(
        _ invocation: Invocation,
        journal: String,
        besides others: [SinkAddress] = []
    ) throws -> [SinkAddress] {
        let addresses: [SinkAddress]
        do throws(SinkError) {
            addresses = try FeedTargets.addresses(invocation.strings("sink"), besides: others)
            try FeedTargets.check(addresses, outside: journal)
        } catch {
            throw UsageError(error.message, command: invocation.path)
        }
        try AWSOptions.check(invocation, addresses)
        return addresses
    }

    /// A feed into a sink, with the settings that all commands share.
    static func feed(
        _ invocation: Invocation,
        into sink: SinkAddress,
        journal: String,
        range: ReplayConfiguration = ReplayConfiguration(),
        checkpoint: FeedConfiguration.CheckpointChoice,
        persistence: FeedPersistence
    ) throws -> FeedConfiguration {
        var configuration = FeedConfiguration(
            sink: sink,
            journal: journal,
            range: range,
            checkpoint: checkpoint,
            persistence: persistence
        )
        configuration.skipsDeletions = invocation.flag("skip-deletions")
        if case .firehose = sink {
            configuration.aws = try AWSOptions.connection(invocation, to: "firehose")
            configuration.firehose = try AWSOptions.firehose(invocation)
            configuration.range.isRaw = configuration.firehose.isRaw
            return configuration
        }
        if case .s3 = sink {
            configuration.aws = try AWSOptions.connection(invocation, to: "s3")
            configuration.s3 = try AWSOptions.s3(invocation)
            return configuration
        }
        guard case .search(let address) = sink else { return configuration }
        configuration.connection = try SearchSettings.connection(invocation, to: address)
        configuration.usesSetup = !invocation.flag("no-setup")
        return configuration
    }
}
