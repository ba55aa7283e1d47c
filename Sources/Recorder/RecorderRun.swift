internal import HTTPClient
internal import Lifecycle
internal import Logging
internal import Time
internal import XAPI

/// One run of a recorder, confined to its thread: the loop of rules, connection and wait.
struct RecorderRun {
    /// How an attempt ended, for the loop.
    private enum Attempt {
        case outcome(ConnectionOutcome, (any Error)?)
        case finished
    }

    private let configuration: RecorderConfiguration
    private let sink: any DeliverySink
    private let clock: WallClock
    private let hooks: RecorderHooks
    private let logger: Logger
    private let shutdown: ShutdownSignal
    private let waker = StreamWaker()
    private let api: XAPIClient
    private let limits: RunLimits
    private let reporter: StatusReporter
    private var policy: ReconnectPolicy
    private var rulesAreApplied: Bool
    private var rulesInForce: [ActiveRule]?

    init(
        _ configuration: RecorderConfiguration,
        sink: any DeliverySink,
        budget: BudgetGuard?,
        room: RoomWatch?,
        clock: WallClock,
        hooks: RecorderHooks,
        logger: Logger,
        shutdown: ShutdownSignal,
        publish: @escaping (RecorderStatus) -> Void
    ) throws {
        self.configuration = configuration
        self.sink = sink
        self.clock = clock
        self.hooks = hooks
        self.logger = logger
        self.shutdown = shutdown
        policy = ReconnectPolicy(configuration.reconnect)
        rulesAreApplied = configuration.rules == nil
        let limits = RunLimits(
            shutdown: shutdown,
            stopAfter: configuration.stopAfter,
            budget: budget,
            room: room,
            clock: clock,
            uptime: hooks.uptime,
            counts: sink.counts,
            logger: logger
        )
        self.limits = limits
        reporter = StatusReporter(sink: sink, limits: limits, hooks: hooks, logger: logger, publish: publish)
        api = XAPIClient(
            endpoint: configuration.endpoint,
            token: configuration.token,
            http: try HTTPClient(configuration: configuration.http),
            timeout: .seconds(15),
            waker: waker,
            isCancelled: { limits.isTimeUp }
        )
        let waker = waker
        shutdown.onRequest { waker.wake() }
    }

    mutating func loop() throws {
        while !limits.isTimeUp {
            if limits.isRoomUsedUp(sink.counts), let room = limits.room { throw room.floorError }
            if limits.isBudgetSpent { return logger.notice("the budget is used up; nothing is recorded") }
            reporter.set(.connecting)
            guard case .outcome(let outcome, let cause) = try attempt() else { return }
            switch policy.decide(outcome, at: clock.now, random: hooks.random()) {
            case .stop(let reason):
                throw RecorderError(
                    code: reason.isCuredByTime ? .tryLater : .refused,
                    message: reason.message,
                    reason: reason,
                    cause: cause
                )
            case .wait(let delay, let reason):
                if configuration.recordsOnce { throw Self.failedOnce(reason, cause) }
                wait(delay, reason, cause)
            }
        }
    }

    // MARK: - Attempts

    private mutating func attempt() throws -> Attempt {
        do {
            try prepareRules()
        } catch {
            if error.code == .cancelled { return .finished }
            if error.code == .invalidRules {
                throw RecorderError(code: .rules, message: error.message, cause: error)
            }
            return .outcome(
                error.status == 0
                    ? .unreachable : .refused(status: error.status, problem: error.problem, rateLimit: error.rateLimit),
                error
            )
        }
        policy.attempt(at: clock.now)
        let session = StreamSession(
            request: configuration.stream.httpRequest(configuration.endpoint, configuration.token),
            number: reporter.status.connections + 1,
            rules: rulesInForce,
            silenceLimit: configuration.silenceLimit,
            sink: sink,
            hooks: hooks,
            logger: logger,
            reasonToStop: { [limits, sink] in
                if limits.isTimeUp { return .stopped }
                return limits.isRoomUsedUp(sink.counts) ? .diskFloor : nil
            },
            spend: { [limits, sink] in limits.spend(sink.counts) },
            report: { [reporter] in reporter.tick(isStreaming: $0) }
        )
        let result = try session.run(api.http, waker)
        if result.end != nil { reporter.countConnection(result.end) }
        return try outcome(of: result)
    }

    private func outcome(of result: StreamSession.Result) throws -> Attempt {
        // With the stream open or not: nothing more can be taken.
        if let room = limits.room, room.isUsedUp { throw room.floorError }
        guard let end = result.end else {
            if limits.isTimeUp { return .finished }
            guard let head = result.head else {
                if let error = result.error, error.code == .invalidRequest {
                    throw RecorderError(code: .refused, message: error.message, cause: error)
                }
                return .outcome(.unreachable, result.error)
            }
            let said = configuration.token.authorization.blottedOut(of: result.refusal)
            let problem = Problem.all(in: said).first
            logger.warning(
                "X refuses the stream: \(problem.map(\.description) ?? "no reason given")",
                [("status", "\(head.status)")]
            )
            return .outcome(.refused(status: head.status, problem: problem, rateLimit: RateLimit(head)), nil)
        }
        if end == .budget { logger.notice("the budget is used up", [("records", "\(sink.counts.records)")]) }
        if end == .stopped || end == .budget || configuration.recordsOnce { return .finished }
        let rateLimit = result.head.map { RateLimit($0) }
        return .outcome(.dropped(after: result.life, rateLimit: rateLimit), result.error)
    }

    // MARK: - Rules

    /// Puts the wanted rules in force, once, and asks which are.
    private mutating func prepareRules() throws(XAPIError) {
        if !rulesAreApplied, let wanted = configuration.rules {
            let diff = RuleSetDiff(wanted: wanted, active: try api.rules(), prune: configuration.prunesRules)
            let report = try api.apply(diff)
            guard report.isComplete else {
                let list = report.refused.map(\.description).joined(separator: "; ")
                throw XAPIError(
                    code: .invalidRules,
                    message: "X refuses rules of the file: \(list); correct them, then start again"
                )
            }
            rulesAreApplied = true
            logger.notice(
                "the rules are in force",
                [
                    ("added", "\(report.added.count)"), ("deleted", "\(report.deletedCount)"),
                    ("kept", "\(diff.kept.count)"),
                ]
            )
        }
        do {
            rulesInForce = try api.rules()
        } catch {
            let client = error.cause as? HTTPClientError
            if error.code == .cancelled || client?.code == .notConnected || client?.code == .notResolved { throw error }
            // X is there: the stream may be too, and the rules known last are still the best guess.
            logger.warning("the rules in force are not known: \(error)")
        }
    }

    // MARK: - Waiting

    private func wait(_ delay: Duration, _ reason: String, _ cause: (any Error)?) {
        guard delay > .zero else { return }
        let text = cause.map { "\(reason): \($0)" } ?? reason
        logger.notice("connecting again", [("in_seconds", "\(delay.asSeconds)"), ("reason", text)])
        reporter.set(.waiting(until: clock.now + delay, reason: reason))
        let watch = Stopwatch()
        while watch.elapsed < delay, !limits.isTimeUp, !limits.isRoomUsedUp(sink.counts) {
            shutdown.wait(for: min(delay - watch.elapsed, .milliseconds(250)))
            reporter.tick()
        }
    }

    private static func failedOnce(_ reason: String, _ cause: (any Error)?) -> RecorderError {
        RecorderError(
            code: .tryLater,
            message: "no stream was opened: \(cause.map { "\($0)" } ?? reason); try again later",
            cause: cause
        )
    }
}
