internal import Journal
internal import Logging
internal import Options
internal import Recorder
internal import Time
internal import XAPI

/// A recorder from the settings: for `record`, and for whatever records beside other things.
enum RecorderSetup {
    /// The options that `make` reads, besides those of `Context.common` and `XSettings.options`.
    static let options =
        [
            Option(
                long: "rules",
                value: "FILE",
                help: "Put the rules of this file in force before recording; others stay unless --prune is given."
            ),
            Option(long: "prune", help: "With --rules: delete the rules that are not in the file."),
            BudgetSettings.streamOption, BudgetSettings.priceOption,
            Option(long: "stop-after", value: "TIME", help: "Stop after that long, 10m or 2h30m for example."),
            Option(
                long: "fields",
                value: "LIST",
                help:
                    "Fields of a post to ask for, with commas between. With withheld among them, a post that is withheld in some "
                    + "country is hidden.",
                default: StreamRequest.defaultFields.joined(separator: ","),
                allowsEmpty: true
            ),
            Option(
                long: "expansions",
                value: "LIST",
                help: "Objects to be sent along; X may bill them, so none by default.",
                allowsEmpty: true
            ),
            Option(
                long: "silence-timeout",
                value: "TIME",
                help: "Connect again after that much silence; X sends something at least every 20s.",
                default: "25s"
            ),
            Option(long: "segment-size", value: "SIZE", help: "Bytes of stream in a segment.", default: "512MiB"),
            Option(
                long: "segment-age",
                value: "TIME",
                help: "The longest time that a segment stays open.",
                default: "1d"
            ),
            ServerSettings.accept,
            Option(
                long: "accept-clock",
                help:
                    "Go on where the journal's last arrival is later than the clock: the clock was ahead then. Times continue from "
                    + "the later one."
            ),
            Option(
                long: "backoff-scale",
                value: "FACTOR",
                help: "Multiplies the waits before connecting again; below 1 for drills with the simulator only.",
                default: "1"
            ),
        ] + DiskSettings.options

    /// Makes a recorder whose journal is open and locked; it is closed when the recorder ends.
    ///
    /// - Parameters:
    ///   - invocation: the settings.
    ///   - endpoint: where X is; nil for what the settings say.
    ///   - token: what X is shown; nil for what the settings say.
    ///   - directory: the journal's folder; nil for what the settings say.
    ///   - fields: what is asked of each post; nil for what the settings say.
    ///   - waitsForBudget: whether a spent budget is waited for until its next day or month begins.
    ///   - logger: for the recorder.
    ///   - onStatus: gets its state several times a second.
    static func make(
        _ invocation: Invocation,
        endpoint: XEndpoint? = nil,
        token: BearerToken? = nil,
        directory: String? = nil,
        fields: [String]? = nil,
        once: Bool = false,
        waitsForBudget: Bool = false,
        logger: Logger,
        onStatus: (@Sendable (RecorderStatus) -> Void)? = nil
    ) throws -> Recorder {
        // Wrong words are told before a missing token.
        let silence = try positive("silence-timeout", invocation.duration("silence-timeout"), invocation)
        let journal = try JournalWriterConfiguration(
            segmentByteLimit: positive("segment-size", invocation.bytes("segment-size"), invocation) ?? 512 << 20,
            segmentAgeLimit: positive("segment-age", invocation.duration("segment-age"), invocation)
                ?? .seconds(86_400),
            acceptsClock: invocation.flag("accept-clock")
        )
        let directory = directory ?? Context.journalDirectory(invocation)
        let room = try DiskSettings.watch(invocation, directory)
        var configuration = try configuration(invocation, endpoint: endpoint, token: token, once: once)
        configuration.silenceLimit = silence ?? .seconds(25)
        if let fields { configuration.stream.fields = fields }
        configuration.waitsForBudget = waitsForBudget
        let budget = try BudgetSettings.stream(invocation, for: configuration.endpoint)
        try room.checkFloor()
        // The lock comes first, so that nobody else records what the count below does not know.
        let writer = try open(directory, journal)
        do {
            try ServerSettings.check(configuration.endpoint, invocation, directory, writer, logger)
            let guarded = try budget.map { try spent($0, invocation, directory, logger) }
            return Recorder(
                configuration,
                sink: writer,
                budget: guarded,
                room: room,
                hooks: RecorderHooks(onStatus: onStatus),
                logger: logger
            )
        } catch {
            try writer.close()
            throw error
        }
    }

    /// A limit of nothing would be reached at once, again and again.
    private static func positive<T: AdditiveArithmetic & Comparable>(
        _ option: String,
        _ value: T?,
        _ invocation: Invocation
    ) throws -> T? {
        guard let value, value <= .zero else { return value }
        throw invocation.wrong(option, invocation.string(option) ?? "0", "more than nothing")
    }

    private static func open(
        _ directory: String,
        _ configuration: JournalWriterConfiguration
    ) throws -> JournalWriter {
        do {
            return try JournalWriter(directory: directory, source: .filtered, configuration: configuration)
        } catch {
            throw RecorderError.explaining(error)
        }
    }

    private static func configuration(
        _ invocation: Invocation,
        endpoint: XEndpoint?,
        token: BearerToken?,
        once: Bool
    ) throws -> RecorderConfiguration {
        let endpoint = try endpoint ?? XSettings.endpoint(invocation)
        var configuration = RecorderConfiguration(
            endpoint: endpoint,
            token: try token ?? XSettings.token(invocation, for: endpoint),
            http: try XSettings.http(invocation, for: endpoint),
            stream: StreamRequest(fields: list(invocation, "fields"), expansions: list(invocation, "expansions")),
            rules: try invocation.string("rules").map(XSettings.rules)
        )
        configuration.prunesRules = invocation.flag("prune")
        if configuration.prunesRules && configuration.rules == nil {
            throw UsageError("--prune needs --rules FILE: the rules that stay", command: invocation.path)
        }
        configuration.stopAfter = try invocation.duration("stop-after")
        configuration.recordsOnce = once
        let scale = invocation.string("backoff-scale") ?? "1"
        guard let factor = Double(scale), (0...100).contains(factor), factor >= 1 || endpoint.isLoopback else {
            throw invocation.wrong("backoff-scale", scale, "a number from 1 to 100, below 1 against this machine only")
        }
        configuration.reconnect.timeScale = factor
        return configuration
    }

    private static func spent(
        _ budget: Budget,
        _ invocation: Invocation,
        _ directory: String,
        _ logger: Logger
    ) throws -> BudgetGuard {
        let price = try BudgetSettings.price(invocation)
        let now = WallClock.system.now
        var already = 0
        if let limit = budget.posts(at: price), let start = BudgetGuard.start(of: budget.period, at: now) {
            already = try BilledPosts.count(in: Journal(directory: directory), since: start, upTo: limit)
        }
        let guarded = BudgetGuard(budget, price: price, now: now, alreadySpent: already)
        logger.notice(
            budget.explanation(at: price),
            guarded.left.map { [("already_recorded", "\(already)"), ("left", "\($0)")] } ?? []
        )
        return guarded
    }

    static func list(_ invocation: Invocation, _ long: String) -> [String] {
        (invocation.string(long) ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }
}
