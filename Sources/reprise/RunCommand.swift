internal import Dashboard
internal import HTTPClient
internal import Index
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
            "--simulate records posts that are made up on this machine instead of X: no credentials, no money. They go to a "
                + "journal of their own, data/simulated, and never among real ones.",
        ],
        examples: [
            ("reprise run --simulate", "the whole path on simulated posts; prints the page's address"),
            (
                "reprise run --rules data/rules/cats-v-dogs.yaml --budget '$5/day'",
                "cats and dogs from X; needs BEARER_TOKEN"
            ),
        ],
        options: [journal, Context.config, Context.logLevel, Context.logFormat, sink] + DeliverySetup.options
            + [DeliverySetup.flushInterval, RefreshSettings.besides] + RefreshSettings.reading + simulation
            + PageOptions.all + XSettings.options + RecorderSetup.options,
        run: { invocation in
            let line = RecordStatusLine.ifWatched(invocation)
            let logger = try Context.logger(invocation)
            let directory = directory(invocation)
            let path = PageOptions.indexPath(invocation, directory: directory)
            let addresses = try SinkSelection.addresses(invocation, besides: [.sqlite(path: path)])
            let simulator = invocation.flag("simulate") ? try simulator(invocation, logger: logger) : nil
            // The recorder comes first: it takes the journal's lock, and makes its folder.
            let recorder = try RecorderSetup.make(
                invocation,
                endpoint: simulator.map { try XEndpoint($0.url) },
                token: simulator == nil ? nil : BearerToken("simulated"),
                directory: directory,
                logger: logger.labelled("recorder"),
                onStatus: line.map { $0.show }
            )
            let indexFollower = try follower(directory: directory, index: path)
            let page = try DashboardService(
                index: IndexReader(path: path),
                configuration: PageOptions.configuration(invocation),
                clock: .system,
                logger: logger.labelled("page")
            )
            try announce(page.url, isSimulated: simulator != nil)
            let others = try addresses.map {
                try SinkFollower($0, directory: directory, invocation, logger: logger.labelled("delivery"))
            }
            let refresher = try refresher(invocation, directory, simulator, logger)
            // Stopped from the end: nothing more comes in, then what came is settled.
            let services: [any Service] =
                [indexFollower] + others + [page] + (simulator.map { [$0] } ?? [])
                + (refresher.map { [$0] } ?? []) + [recorder]
            try ServiceGroup(services: services, logger: logger).run()
            return .done
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

    /// Goes from the journal into the index, and on where it had settled the last time.
    private static func follower(directory: String, index: String) throws -> Replayer {
        let journal = try Journal(directory: directory)
        let sink = try SQLiteSink(path: index, transformDigest: Replayer.transformDigest)
        let checkpoint = try Checkpoint(
            journal: journal,
            // A new index at the old path begins from the start.
            name: "sink-\(CheckpointName.own(sink.identity))",
            sink: sink.identity,
            transform: Replayer.transformDigest
        )
        return Replayer(
            journal: journal,
            configuration: ReplayConfiguration(end: .never),
            sink: sink,
            checkpoint: checkpoint
        )
    }

    /// Reads likes again beside the recorder, where somebody said what that may cost.
    private static func refresher(
        _ invocation: Invocation,
        _ directory: String,
        _ simulator: Simulator?,
        _ logger: Logger
    ) throws -> RefreshService? {
        let endpoint = try simulator.map { try XEndpoint($0.url) } ?? XSettings.endpoint(invocation)
        let logger = logger.labelled("refresher")
        guard let configuration = try RefreshSettings.besideRecorder(invocation, for: endpoint) else {
            logger.notice("likes are not read again: --refresh-budget says what that may cost")
            return nil
        }
        let token = try simulator == nil ? XSettings.token(invocation, for: endpoint) : BearerToken("simulated")
        let http = XSettings.http(invocation, for: endpoint)
        return RefreshService(every: .seconds(60), logger: logger) { shutdown, spentInRun in
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

    private static func simulator(_ invocation: Invocation, logger: Logger) throws -> Simulator {
        var configuration = SimulatorConfiguration()
        configuration.posts = .generated(seed: UInt64(try invocation.int("simulate-seed") ?? 1), start: nil)
        configuration.lookups = LookupSettings()
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

    /// The result of this command is its page: the address goes to standard output.
    private static func announce(_ url: String, isSimulated: Bool) throws {
        try StandardOutput.announce("\(url)\n")
        guard isSimulated else { return }
        StandardError.write(
            "These posts are made up. To record X itself: BEARER_TOKEN=… reprise run --rules data/rules/cats-v-dogs.yaml "
                + "--budget '$5/day'\n"
        )
    }
}
