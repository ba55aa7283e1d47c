internal import Feeds
internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Replayer
internal import Sinks
internal import Time

/// `reprise replay`: journal → transform → sink.
enum ReplayCommand {
    static let command = Command(
        name: "replay",
        summary: "Make documents of what was recorded, and deliver them to a sink.",
        discussion: [
            "A bounded replay ends with what is committed when it starts, and gives the same bytes every time. --follow goes on "
                + "with what is being recorded. With --checkpoint a replay goes on where the last one of that name had settled.",
            "Sinks: ndjson:PATH, ndjson:- (standard output), sqlite:PATH (the embedded index), elasticsearch:URL/ALIAS, "
                + "opensearch:URL/ALIAS, firehose:STREAM (Amazon Data Firehose), s3:BUCKET/PREFIX (Amazon S3), null: (only "
                + "count). A file is replaced, but with --checkpoint gone on with.",
            "A Firehose stream gets a document a record, each sighting at least once. Who asks, and in which region, is said as for "
                + "the AWS CLI: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_FIREHOSE and "
                + "_S3, the files in ~/.aws, or the role of a container or EC2 instance.",
            "A bucket gets an object of NDJSON for each source and --s3-window, whose name and bytes are the same in every replay; "
                + "one that is there already with that content counts as written. A follower writes an object when its window is "
                + "over. A window that the end of the range cuts becomes objects named .part, with their first and last record.",
            "Several sinks are fed side by side, each with a reader and a checkpoint of its own: one that is slow or down holds up no "
                + "other. A sink keeps its checkpoint whatever sinks come and go beside it.",
            "The books are printed on standard error: what became of every record and every document; --json prints an "
                + "object, of several sinks an array of them. Exit code 3 says that something should have become a document and "
                + "did not; of several sinks the worst exit code counts.",
        ],
        examples: [
            ("reprise replay > posts.ndjson", "all documents, a line each"),
            ("reprise replay --from -2h --sink sqlite:data/index.sqlite", "the last two hours into an index"),
            ("reprise replay --follow --checkpoint live --sink ndjson:live.ndjson", "for as long as it is recorded"),
            ("reprise replay --from -2h --sink firehose:posts --checkpoint posts", "what AWS missed, into its stream"),
            ("reprise replay --from 2026-11-27 --to 2026-11-28 --sink s3:my-posts/x", "a day into a bucket"),
            ("reprise replay --sink sqlite:week.sqlite --sink ndjson:week.ndjson", "two sinks, each at its own speed"),
        ],
        options: Context.common + [
            Option(
                long: "source",
                value: "NAME",
                help: "A source to replay; all but 'ledger' unless told.",
                repeats: true
            ),
            ReadRange.from, ReadRange.to,
            Option(
                long: "sink",
                value: "KIND:TARGET",
                help: "Where the documents go.",
                default: "ndjson:-",
                repeats: true
            ),
            Option(long: "follow", help: "Go on with what is recorded meanwhile, until stopped."),
            Option(long: "checkpoint", value: "NAME", help: "Go on where NAME was settled, and move it."),
            Option(long: "limit", value: "N", help: "Stop after N documents."),
            Option(long: "jobs", value: "N", help: "Threads to transform with; 1 for now.", default: "1"),
            Context.json,
        ] + FeedSettings.options + [
            FeedSettings.flushInterval, FeedSettings.giveUpAfter, FeedSettings.rebuild,
        ],
        run: { invocation in
            let configuration = try configuration(invocation)
            guard try invocation.int("jobs") == 1 else {
                throw invocation.wrong("jobs", invocation.string("jobs") ?? "", "1 in this version")
            }
            let addresses = try FeedSettings.addresses(invocation, journal: Context.journalDirectory(invocation))
            if invocation.flag("rebuild") { try checkRebuild(invocation, addresses) }
            // Wrong settings are reported before missing data.
            let configurations = try addresses.map {
                try feed(invocation, into: $0, isAlone: addresses.count == 1, configuration)
            }
            try checkJournal(invocation, configuration, addresses)
            let line = ReplayStatusLine.ifWatched(invocation, addresses)
            let logger = try Context.logger(invocation).labelled("delivery")
            let feeds = configurations.map { each in
                Feed(each, logger: logger, onProgress: { line?.show($0, of: each.sink) })
            }
            let shutdown = ShutdownSignal()
            let signals = Signals.requestOn(Signals.stopSignals, shutdown)
            defer { signals.cancel() }
            try FeedGroup.run(feeds, shutdown) { feed in
                line?.end(of: feed.configuration.sink)
                if feeds.count > 1 { reportEnd(of: feed) }
            }
            line?.clear()
            try ReplayReport.tell(feeds.map { ($0.configuration.sink, $0.outcome) }, asJSON: invocation.flag("json"))
            if feeds.count == 1, let error = feeds[0].outcome.error { throw error }
            return .worst(feeds.map(\.outcome.status))
        }
    )

    private static func feed(
        _ invocation: Invocation,
        into sink: SinkAddress,
        isAlone: Bool,
        _ range: ReplayConfiguration
    ) throws -> FeedConfiguration {
        var configuration = try FeedSettings.feed(
            invocation,
            into: sink,
            journal: Context.journalDirectory(invocation),
            range: range,
            checkpoint: invocation.string("checkpoint").map { .named($0) } ?? .none,
            persistence: range.isFollowing ? .following : FeedSettings.bounded(invocation)
        )
        configuration.isAlone = isAlone
        configuration.isRebuild = invocation.flag("rebuild")
        configuration.standsAlone = !range.isFollowing
        return configuration
    }

    /// Reports what ended one of several, while others continue; a reader of our output that has gone is no failure.
    private static func reportEnd(of feed: Feed) {
        guard let error = feed.outcome.error else { return }
        if let error = error as? SinkError, error.code == .closedPipe { return }
        StandardError.tell("\(feed.configuration.sink): \(error)")
    }

    private static func checkJournal(
        _ invocation: Invocation,
        _ configuration: ReplayConfiguration,
        _ addresses: [SinkAddress]
    ) throws {
        let journal = try Journal(directory: Context.journalDirectory(invocation))
        if !configuration.isFollowing {
            try checkRange(invocation, configuration, journal)
            // A source that does not exist yet can be followed, but there is nothing of it to replay.
            let known = try journal.sources()
            if let missing = configuration.sources?.first(where: { !known.contains($0) }) {
                let names = known.map(\.rawValue).sorted().joined(separator: ", ")
                throw invocation.wrong("source", missing.rawValue, "a source of this journal (\(names))")
            }
        }
        guard addresses.count > 1 else { return }
        let checkpoint = invocation.string("checkpoint")
        if let checkpoint { try FeedTargets.checkName(checkpoint) }
        // Made before several threads would make it at once.
        if checkpoint != nil || addresses.contains(where: \.isRemote) { _ = try DeadLetters(journal: journal) }
    }

    /// A checkpoint that has come to the end of what there is has nothing to do, which is no mistake.
    private static func checkRange(
        _ invocation: Invocation,
        _ configuration: ReplayConfiguration,
        _ journal: Journal
    ) throws {
        guard invocation.string("checkpoint") == nil else { return }
        let sources = try configuration.sources ?? journal.sources().filter { $0 != .ledger }
        try ReadRange(invocation, clock: .system).check(against: journal, sources, invocation)
    }

    /// A new index is filled with everything, or it would hold less than the old one.
    private static func checkRebuild(_ invocation: Invocation, _ addresses: [SinkAddress]) throws {
        guard addresses.count == 1 else {
            throw UsageError("--rebuild is of one index, so it goes with one --sink", command: invocation.path)
        }
        for other in ["from", "to", "source", "limit", "checkpoint"] where invocation.string(other) != nil {
            throw UsageError("--rebuild is of everything, so it goes without --\(other)", command: invocation.path)
        }
        for other in ["follow", "no-setup"] where invocation.flag(other) {
            throw UsageError("--rebuild goes without --\(other)", command: invocation.path)
        }
    }

    private static func configuration(_ invocation: Invocation) throws -> ReplayConfiguration {
        var sources = try invocation.strings("source").map { text in
            guard let name = SourceName(rawValue: text) else {
                throw invocation.wrong("source", text, "a source's name, filtered for example")
            }
            return name
        }
        let range = try ReadRange(invocation, clock: .system)
        if sources.count > 1, range.isByOffset {
            throw UsageError("an offset stands in one source, so name only that one", command: invocation.path)
        }
        if sources.count < 2, let source = range.source { sources = [source] }
        if invocation.flag("follow") && range.end != .now {
            throw UsageError("--follow has no end, so it goes without --to", command: invocation.path)
        }
        return ReplayConfiguration(
            sources: sources.isEmpty ? nil : sources,
            start: range.start,
            end: invocation.flag("follow") ? .never : range.end,
            documentLimit: try invocation.int("limit"),
            flushInterval: try invocation.duration("flush-interval") ?? .zero
        )
    }
}
