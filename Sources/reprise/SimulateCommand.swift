internal import Lifecycle
internal import Logging
internal import Options
internal import Simulator
internal import Time
internal import XAPI

/// `reprise simulate`: an X API v2 server on this machine.
enum SimulateCommand {
    static let command = Command(
        name: "simulate",
        summary:
            "Serve the filtered stream, and lookups, as X would: for trying things out, for tests and for fault drills.",
        discussion: [
            "Posts about cats and dogs are made up from a seed, or taken from a file of JSON lines. Point a client at it with "
                + "X_API_URL; nothing costs anything. Its address is printed on standard output.",
            "A fault is a connection's number, what happens and where: 2:cut@100 breaks the second connection off inside its "
                + "100th record. stall keeps the socket open and silent, close ends the answer in order, reset resets the "
                + "connection, disconnect sends X's own object first; a place with B counts bytes; * instead of the number "
                + "means each connection, none the first. 429@3 refuses the third connection with that status.",
            "With --lookups it also answers GET /2/tweets for the posts it streamed, whose counts grow and of which some are "
                + "edited, deleted, withheld or no longer public; and GET /2/usage/tweets, from what it would have charged. A "
                + "fault of lookups says what and at which requests: lookup:429@3, lookup:hang@2-4, lookup:402@10- for the "
                + "tenth and all after it, lookup:omit@* for each. hang never answers; lose resets the connection in place of "
                + "an answer that is charged for, cut closes it inside the answer; truncate sends half of the JSON; omit "
                + "leaves some ids out of both arrays, partial calls them unavailable, forget finds none of the posts.",
        ],
        examples: [
            ("reprise simulate --rate 100", "a hundred posts a second on port 8081"),
            ("X_API_URL=http://127.0.0.1:8081 reprise record", "record it, from another terminal"),
            ("reprise simulate --file posts.ndjson --once --rate max", "a file once, as fast as it is read"),
            ("reprise simulate --fault 1:cut@100 --fault 503@2", "a broken record, then a refusal"),
            ("reprise simulate --lookups --speed 1000", "a day of growing counts in a minute and a half"),
        ],
        options: posts + stream + lookups + [
            // In reprise.yaml these keys are the page's.
            Option(
                long: "host",
                value: "ADDRESS",
                help: "The address to listen on.",
                default: "127.0.0.1",
                onlyOnCommandLine: true
            ),
            Option(
                long: "port",
                value: "N",
                help: "The port to listen on; 0 for a free one.",
                default: "8081",
                onlyOnCommandLine: true
            ),
            Option(
                long: "token",
                value: "TOKEN",
                help: "The bearer token clients must show; none: everyone is let in.",
                environment: "REPRISE_SIMULATOR_TOKEN",
                secret: true
            ),
            Context.config, Context.logLevel, Context.logFormat,
        ],
        run: { invocation in
            let logger = try Context.logger(invocation).labelled("simulator")
            let simulator = try Simulator(configuration(invocation), logger: logger, clock: clock(invocation))
            try StandardOutput.announce(simulator.url + "\n")
            try ServiceGroup(services: [simulator], logger: logger).run()
            return .done
        }
    )

    private static let start = SimulatorConfiguration.defaultStart.rfc3339
    private static let posts = [
        Option(long: "seed", value: "N", help: "The same seed gives the same posts.", default: "1"),
        Option(
            long: "start",
            value: "TIME",
            help: "The first post's time, or now for the present (default 2026-01-01T00:00:00Z; now with --lookups)."
        ),
        Option(long: "file", value: "FILE", help: "Serve this file's lines, over and over, instead of made-up posts."),
        Option(long: "rounds", value: "N", help: "Play the file N times in all, then end the stream."),
        // In reprise.yaml this key is the recorder's.
        Option(long: "once", help: "The same as --rounds 1.", onlyOnCommandLine: true),
        Option(long: "restart", help: "Begin the file anew for each connection instead of going on."),
        Option(
            long: "rules",
            value: "FILE",
            help: "The rules in force at the start; cats and dogs where none is named."
        ),
        Option(long: "no-rules", help: "Start without rules, as a new app at X."),
        Option(
            long: "spelling",
            value: "WORD",
            help: "tweet or post: names as streams send them, or as X's newest description has them.",
            default: "tweet"
        ),
    ]

    private static let stream = [
        Option(long: "rate", value: "N", help: "Posts a second, or max for as fast as they are read.", default: "10"),
        Option(
            long: "chunk",
            value: "WORD",
            help: "record or full: what one HTTP chunk holds (default record; full with --rate max)."
        ),
        Option(long: "keep-alive", value: "TIME", help: "The silence that a keep-alive ends.", default: "20s"),
        Option(long: "fault", value: "SPEC", help: "A fault, see above; may be given several times.", repeats: true),
        Option(long: "resend", help: "Send a record that broke off again on the next connection; X would not."),
        Option(long: "connections", value: "N", help: "Streams open at a time.", default: "1"),
        Option(long: "rate-limits", help: "Enforce X's limits of requests per 15 minutes."),
        Option(
            long: "refusal",
            value: "TIME",
            help: "How long a 429 of a fault tells the client to wait.",
            default: "60s"
        ),
        Option(long: "sent-log", value: "DIR", help: "Write what each connection was sent, byte by byte, to files."),
    ]

    private static func configuration(_ invocation: Invocation) throws -> SimulatorConfiguration {
        var configuration = SimulatorConfiguration()
        configuration.host = invocation.string("host") ?? configuration.host
        let port = try invocation.int("port") ?? 0
        guard let port = UInt16(exactly: port) else {
            throw invocation.wrong("port", String(port), "a number up to 65535")
        }
        configuration.port = port
        configuration.token = invocation.string("token")
        if let file = invocation.string("rules") {
            let rules = try XSettings.rules(file)
            configuration.rules = rules.map { SimulatedRule($0.value, tag: $0.tag.isEmpty ? nil : $0.tag) }
        }
        if invocation.flag("no-rules") { configuration.rules = [] }
        configuration.posts = try posts(invocation)
        configuration.rate = try rate(invocation)
        configuration.lookups = try lookups(invocation)
        configuration.tellsTime = try speed(invocation) == 1
        configuration.faults = try invocation.strings("fault").filter { !$0.hasPrefix(LookupFault.prefix) }
            .map { try SimulatedFault(parsing: $0) }
        configuration.keepAliveInterval = try invocation.duration("keep-alive") ?? configuration.keepAliveInterval
        configuration.refusalDelay = try invocation.duration("refusal") ?? configuration.refusalDelay
        configuration.connectionCount = try invocation.int("connections") ?? configuration.connectionCount
        configuration.resendsBrokenRecords = invocation.flag("resend")
        configuration.restartsForEachConnection = invocation.flag("restart")
        configuration.enforcesRateLimits = invocation.flag("rate-limits")
        configuration.sentLog = invocation.string("sent-log")
        if let word = invocation.string("chunk") {
            guard ["record", "full"].contains(word) else { throw invocation.wrong("chunk", word, "record or full") }
            configuration.sendsRecordsSingly = word == "record"
        }
        if let word = invocation.string("spelling") {
            guard let spelling = FieldSpelling(rawValue: word) else {
                throw invocation.wrong("spelling", word, "tweet or post")
            }
            configuration.spelling = spelling
        }
        return configuration
    }

    private static func posts(_ invocation: Invocation) throws -> SimulatorConfiguration.Posts {
        let rounds = invocation.flag("once") ? 1 : try invocation.int("rounds")
        if let file = invocation.string("file") { return .file(file, rounds: rounds) }
        guard rounds == nil, !invocation.flag("restart") else {
            throw UsageError("--rounds, --once and --restart need a --file", command: invocation.path)
        }
        let seed = UInt64(try invocation.int("seed") ?? 1)
        let text = invocation.string("start") ?? (invocation.flag("lookups") ? "now" : Self.start)
        if text == "now" { return .generated(seed: seed, start: nil) }
        guard let start = Timestamp(rfc3339: text) else { throw invocation.wrong("start", text, "a time, or now") }
        return .generated(seed: seed, start: start)
    }

    private static func rate(_ invocation: Invocation) throws -> SimulatorConfiguration.Rate {
        let text = invocation.string("rate") ?? "10"
        if text == "max" { return .unlimited }
        guard let rate = Double(text), rate > 0, rate <= 1_000_000 else {
            throw invocation.wrong("rate", text, "a number of posts a second, or max")
        }
        return .perSecond(rate)
    }
}
