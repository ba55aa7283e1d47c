internal import Feeds
internal import HTTPClient
internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Refresher
internal import Replayer
internal import Sinks
internal import XAPI

/// `reprise refresh`: due posts → lookups → journal → sinks.
enum RefreshCommand {
    static let command = Command(
        name: "refresh",
        summary: "Read the like counts of known posts again, for no more money than allowed.",
        discussion: [
            "Posts arrive with almost no likes. One pass asks X again for those that are due, a hundred at a time, journals what "
                + "it answers, and delivers it to the sinks. Posts that X does not find or show any more disappear from them.",
            "What may be spent is reserved in the journal's source 'ledger' before a request leaves; an answer that never came "
                + "counts as spent. A post that X has billed already costs nothing more until 00:00 UTC, so such reads come first.",
            "When a post is due: by its age (--schedule), sooner while its likes climb, no more when they have stopped. "
                + "--explain ID says it of one post. Only one process refreshes a journal; a second ends at once with exit code 75. "
                + "--explain and --dry-run need no token, and work beside it.",
        ],
        examples: [
            ("reprise refresh --refresh-budget '$5/day' --sink sqlite:data/index.sqlite", "one pass, for cron"),
            (
                "reprise refresh --dry-run --refresh-budget 2000/day",
                "what is due, why, and what it would cost; asks nothing"
            ),
            ("reprise refresh --explain 1993000000000000000", "why a post is due or not"),
        ],
        options: Context.common + [
            Option(
                long: "sink",
                value: "KIND:TARGET",
                help: "Where to deliver to after the pass; not needed where a follower does it already.",
                repeats: true
            ),
            Option(long: "dry-run", help: "Only say what is due, why, and what it would cost."),
            Option(long: "explain", value: "ID", help: "Say what is known of a post, and when it is due and why."),
            Option(long: "watch", help: "Go on with pass after pass until stopped."),
            Option(long: "every", value: "TIME", help: "With --watch: the time between two passes.", default: "1m"),
            Option(long: "quiet", help: "Print nothing but errors."),
            Context.json,
        ] + RefreshSettings.options + XSettings.options + FeedSettings.options + [FeedSettings.giveUpAfter],
        run: { invocation in
            let logger = try Context.logger(invocation).labelled("refresher")
            let shutdown = ShutdownSignal()
            let signals = Signals.requestOn(Signals.stopSignals, shutdown)
            defer { signals.cancel() }
            let directory = Context.journalDirectory(invocation)
            let addresses = try FeedSettings.addresses(invocation, journal: directory)
            _ = try Journal(directory: directory)
            if invocation.flag("dry-run") || invocation.string("explain") != nil {
                try RefreshText.outlook(invocation, directory, shutdown)
                return .done
            }
            let refresher = try refresher(invocation, directory, logger, shutdown)
            do {
                let status = try run(refresher, invocation, directory, addresses, logger, shutdown)
                try refresher.close()
                return status
            } catch {
                // What ended it is the error to tell; what was journalled is safe without closing.
                try? refresher.close()
                throw error
            }
        }
    )

    private static func refresher(
        _ invocation: Invocation,
        _ directory: String,
        _ logger: Logger,
        _ shutdown: ShutdownSignal
    ) throws -> Refresher {
        let endpoint = try XSettings.endpoint(invocation)
        let client = XAPIClient(
            endpoint: endpoint,
            token: try XSettings.token(invocation, for: endpoint),
            http: try HTTPClient(configuration: try XSettings.http(invocation, for: endpoint)),
            isCancelled: { shutdown.isRequested(for: RefreshSettings.answerGrace) }
        )
        return try Refresher(
            journal: directory,
            client: client,
            configuration: RefreshSettings.configuration(invocation, for: endpoint, spends: true),
            logger: logger,
            seed: UInt64.random(in: 0...UInt64.max)
        )
    }

    private static func run(
        _ refresher: Refresher,
        _ invocation: Invocation,
        _ directory: String,
        _ addresses: [SinkAddress],
        _ logger: Logger,
        _ shutdown: ShutdownSignal
    ) throws -> ExitStatus {
        let pause = try invocation.duration("every") ?? .seconds(60)
        while true {
            let report = try refresher.pass(shutdown)
            if case .refused(let reason) = report.ending {
                StandardError.tell("the pass ended early: \(reason); the next one goes on where it stopped")
            }
            let status = try deliver(invocation, directory, addresses, logger, shutdown)
            if !invocation.flag("quiet") {
                try StandardOutput.write(invocation.flag("json") ? RefreshText.json(report) : RefreshText.text(report))
            }
            guard invocation.flag("watch"), !shutdown.isRequested else {
                return .worst([status, RefreshText.status(report)])
            }
            shutdown.wait(for: pause)
            if shutdown.isRequested { return status }
        }
    }

    /// Delivers what the journal holds to each sink, on from where it had settled.
    private static func deliver(
        _ invocation: Invocation,
        _ directory: String,
        _ addresses: [SinkAddress],
        _ logger: Logger,
        _ shutdown: ShutdownSignal
    ) throws -> ExitStatus {
        var statuses: [ExitStatus] = [.done]
        for address in addresses {
            do {
                let feed = Feed(
                    try FeedSettings.feed(
                        invocation,
                        into: address,
                        journal: directory,
                        checkpoint: .ofSink,
                        persistence: FeedSettings.bounded(invocation)
                    ),
                    logger: logger
                )
                try feed.run(shutdown)
                statuses.append(feed.outcome.books.isComplete ? .done : .lossy)
            } catch let error as JournalError where error.code == .locked {
                logger.info("\(address) is fed by a follower, which delivers what was read")
            } catch let error as SinkError {
                StandardError.tell("\(address): \(error)")
                statuses.append(ExitStatus(for: error))
            }
        }
        return .worst(statuses)
    }
}
