internal import Dashboard
internal import Feeds
internal import HTTPClient
internal import Journal
internal import Lifecycle
internal import Logging
internal import Options
internal import Recorder
internal import Refresher
internal import Replayer
internal import Simulator
internal import Sinks
internal import Time
internal import XAPI

/// `reprise run`: everything in one process.
enum RunCommand {
    static let command = Command(
        name: "run",
        summary: "Record, index and show what arrives, all in one process.",
        discussion: [
            "Records the filtered stream into the journal, follows the journal into the embedded index, and serves the page of "
                + "that index. SIGINT and SIGTERM stop it in order: first the stream, last the index.",
            "Only the recorder is essential: a sink, the page or the refresher that fails is named, and tried again, while the "
                + "recording continues. When the stream's budget is spent, everything else continues, and the stream is opened "
                + "again when the next day or month begins.",
            "--simulate records posts that are made up on this machine instead of X: no credentials, no money. They go to a "
                + "journal of their own, data/simulated, and never among real ones. The next start knows the posts of that "
                + "journal, so their likes continue.",
        ],
        examples: [
            ("reprise run --simulate", "the whole path on simulated posts; prints the page's address"),
            (
                "reprise run --rules data/rules/cats-v-dogs.yaml --budget '$5/day'",
                "cats and dogs from X; needs BEARER_TOKEN"
            ),
        ],
        options: [journal, Context.config, Context.logLevel, Context.logFormat, sink] + FeedSettings.options
            + [FeedSettings.flushInterval, BudgetSettings.lookupsOption] + RefreshSettings.reading + simulation
            + PageOptions.all + XSettings.options + RecorderSetup.options,
        run: { invocation in
            let line = RecordStatusLine.ifWatched(invocation)
            let logger = try Context.logger(invocation)
            let directory = directory(invocation)
            let health = HealthBoard()
            let feeds = try feeds(invocation, directory, logger.labelled("delivery"), health)
            let page = try PageOptions.configuration(invocation)
            let simulator = invocation.flag("simulate") ? try simulator(invocation, directory, logger: logger) : nil
            // The recorder comes first: it takes the journal's lock, and makes its folder.
            let recorder = try RecorderSetup.make(
                invocation,
                endpoint: simulator.map { try XEndpoint($0.url) },
                token: simulator == nil ? nil : BearerToken("simulated"),
                directory: directory,
                fields: RefreshSettings.streamFields(RecorderSetup.list(invocation, "fields"), invocation),
                waitsForBudget: true,
                logger: logger.labelled("recorder"),
                onStatus: line.map { $0.show }
            )
            let refresher = try refresher(invocation, directory, simulator, logger, health)
            if simulator != nil { tellThatPostsAreMadeUp() }
            // Stopped from the end: nothing more comes in, then what came is settled. Only the recorder is essential.
            let services: [any Service] =
                feeds + [pageService(invocation, directory, page, logger, health)]
                + (simulator.map { simulator in [OptionalService("simulator") { simulator.run($0) }] } ?? [])
                + (refresher.map { [$0] } ?? []) + [recorder]
            try ServiceGroup(services: services, logger: logger, health: health).run()
            return recorder.status.recovery.gaps > 0 ? .lossy : .done
        }
    )

    private static let journal = Option(
        long: "journal",
        value: "DIR",
        help: "The journal's folder: data/journal unless given, data/simulated with --simulate.",
        environment: "REPRISE_JOURNAL"
    )

    private static let sink = Option(
        long: "sink",
        value: "KIND:TARGET",
        help: "Another sink to feed besides the embedded index, elasticsearch:URL/ALIAS for example.",
        repeats: true
    )

    private static let simulation = [
        Option(long: "simulate", help: "Record made-up posts about cats and dogs instead of X."),
        Option(long: "simulate-rate", value: "N", help: "Simulated posts a second, or max.", default: "20"),
        Option(long: "simulate-seed", value: "N", help: "The same seed gives the same kinds of posts.", default: "1"),
    ]

    private static func directory(_ invocation: Invocation) -> String {
        invocation.string("journal") ?? (invocation.flag("simulate") ? "data/simulated" : "data/journal")
    }

    /// The feeds into the embedded index and the other sinks, each resuming where it had settled the last time.
    private static func feeds(
        _ invocation: Invocation,
        _ directory: String,
        _ logger: Logger,
        _ health: HealthBoard
    ) throws -> [Feed] {
        let index = SinkAddress.sqlite(path: PageOptions.indexPath(invocation, directory: directory))
        let range = ReplayConfiguration(end: .never, flushInterval: try invocation.duration("flush-interval") ?? .zero)
        return try ([index] + FeedSettings.addresses(invocation, journal: directory, besides: [index])).map { sink in
            let configuration = try FeedSettings.feed(
                invocation,
                into: sink,
                journal: directory,
                range: range,
                checkpoint: .ofSink,
                persistence: .permanent
            )
            return Feed(configuration, logger: logger, health: health)
        }
    }

    /// The page of the embedded index; its address is the result of this command and goes to standard output.
    private static func pageService(
        _ invocation: Invocation,
        _ directory: String,
        _ configuration: DashboardConfiguration,
        _ logger: Logger,
        _ health: HealthBoard
    ) -> OptionalService {
        let path = PageOptions.indexPath(invocation, directory: directory)
        return OptionalService("page") { shutdown in
            let page = try DashboardService(
                index: path,
                configuration: configuration,
                clock: .system,
                logger: logger.labelled("page"),
                parts: health
            )
            health.works("page")
            try StandardOutput.announce("\(page.url)\n")
            try page.run(shutdown)
        }
    }

    /// Reads likes again beside the recorder, where somebody said what that may cost.
    private static func refresher(
        _ invocation: Invocation,
        _ directory: String,
        _ simulator: Simulator?,
        _ logger: Logger,
        _ health: HealthBoard
    ) throws -> RefreshService? {
        let endpoint = try simulator.map { try XEndpoint($0.url) } ?? XSettings.endpoint(invocation)
        let logger = logger.labelled("refresher")
        guard let configuration = try RefreshSettings.besideRecorder(invocation, for: endpoint) else {
            logger.notice("likes are not read again: --refresh-budget says what that may cost")
            return nil
        }
        let token = try simulator == nil ? XSettings.token(invocation, for: endpoint) : BearerToken("simulated")
        let http = try XSettings.http(invocation, for: endpoint)
        return RefreshService(every: .seconds(60), logger: logger, health: health) { shutdown, spentInRun in
            let client = XAPIClient(
                endpoint: endpoint,
                token: token,
                http: try HTTPClient(configuration: http),
                isCancelled: { shutdown.isRequested(for: RefreshSettings.answerGrace) }
            )
            return try Refresher(
                journal: directory,
                client: client,
                configuration: configuration,
                logger: logger,
                seed: UInt64.random(in: 0...UInt64.max),
                spentInRun: spentInRun
            )
        }
    }

    private static func simulator(
        _ invocation: Invocation,
        _ directory: String,
        logger: Logger
    ) throws -> Simulator {
        var configuration = SimulatorConfiguration()
        configuration.posts = .generated(seed: UInt64(try invocation.int("simulate-seed") ?? 1), start: nil)
        // What the journal holds is known to it, so that a start deletes nothing.
        let past = JournalPosts(directory: directory)
        var lookups = LookupSettings()
        lookups.past = past
        lookups.began = try past.began()
        configuration.lookups = lookups
        let rate = invocation.string("simulate-rate") ?? "20"
        if rate == "max" {
            configuration.rate = .unlimited
        } else {
            guard let number = Double(rate), number > 0, number <= 1_000_000 else {
                throw invocation.wrong("simulate-rate", rate, "a number of posts a second, or max")
            }
            configuration.rate = .perSecond(number)
        }
        return try Simulator(configuration, logger: logger.labelled("simulator"))
    }

    private static func tellThatPostsAreMadeUp() {
        StandardError.write(
            "These posts are made up. To record X itself: BEARER_TOKEN=… reprise run --rules data/rules/cats-v-dogs.yaml "
                + "--budget '$5/day'\n"
        )
    }
}
