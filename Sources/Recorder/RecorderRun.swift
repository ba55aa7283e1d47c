internal import Failures
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
        case budgetSpent
        case finished
    }

    let configuration: RecorderConfiguration
    let sink: any DeliverySink
    let clock: WallClock
    let monotonic: MonotonicClock
    private let hooks: RecorderHooks
    let logger: Logger
    let shutdown: ShutdownSignal
    private let waker = StreamWaker()
    let api: XAPIClient
    let limits: RunLimits
    let reporter: StatusReporter
    private var policy: ReconnectPolicy
    var rulesAreApplied: Bool
    var rulesInForce: [ActiveRule]?
    private let stopHandler: ShutdownHandler

    init(
        _ configuration: RecorderConfiguration,
        sink: any DeliverySink,
        budget: BudgetGuard?,
        room: RoomWatch?,
        clock: WallClock,
        monotonic: MonotonicClock,
        hooks: RecorderHooks,
        logger: Logger,
        shutdown: ShutdownSignal,
        publish: @escaping (RecorderStatus) -> Void
    ) throws {
        self.configuration = configuration
        self.sink = sink
        self.clock = clock
        self.monotonic = monotonic
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
            monotonic: monotonic,
            logger: logger
        )
        self.limits = limits
        reporter = StatusReporter(
            sink: sink,
            limits: limits,
            hooks: hooks,
            monotonic: monotonic,
            logger: logger,
            publish: publish
        )
        api = XAPIClient(
            endpoint: configuration.endpoint,
            token: configuration.token,
            http: try HTTPClient(configuration: configuration.http),
            timeout: .seconds(15),
            waker: waker,
            clock: clock,
            monotonic: monotonic,
            isCancelled: { limits.isTimeUp }
        )
        let waker = waker
        stopHandler = shutdown.onRequest { waker.wake() }
    }

    mutating func loop() throws {
        while !limits.isTimeUp {
            if limits.isRoomUsedUp(sink.counts), let room = limits.room { throw room.floorError }
            if limits.isBudgetSpent {
                guard configuration.waitsForBudget else {
                    return logger.notice("the budget is used up; nothing is recorded")
                }
                waitForBudget()
                continue
            }
            reporter.set(.connecting)
            switch try attempt() {
            case .finished: return
            case .budgetSpent: continue
            case .outcome(let outcome, let cause): try settle(outcome, cause)
            }
        }
    }

    /// Waits as long as the policy says, or throws where waiting is of no use.
    private mutating func settle(_ outcome: ConnectionOutcome, _ cause: (any Error)?) throws {
        switch policy.decide(outcome, at: monotonic.now, random: hooks.random()) {
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

    // MARK: - Attempts

    private mutating func attempt() throws -> Attempt {
        do {
            try prepareRules()
        } catch {
            if error.code == .cancelled { return .finished }
            if error.code == .invalidRules {
                throw RecorderError(code: .rules, message: error.message, cause: error)
            }
            if error.code == .foreignAnswer { return foreign("\(error)") }
            guard error.code != .refused else {
                let (problem, rateLimit) = (error.problem, error.rateLimit)
                return .outcome(.refused(status: error.status, problem: problem, rateLimit: rateLimit), error)
            }
            return try unreachable(error.failureCause, error)
        }
        policy.attempt(at: monotonic.now)
        let session = StreamSession(
            request: configuration.stream.httpRequest(configuration.endpoint, configuration.token),
            origin: configuration.endpoint.origin,
            number: reporter.status.connections + 1,
            rules: rulesInForce,
            silenceLimit: configuration.silenceLimit,
            sink: sink,
            hooks: hooks,
            clock: clock,
            monotonic: monotonic,
            logger: logger,
            reasonToStop: { [limits, sink] in
                if limits.isTimeUp { return .stopped }
                return limits.isRoomUsedUp(sink.counts) ? .diskFloor : nil
            },
            spend: { [limits] in limits.spend($0) },
            report: { [reporter] in reporter.tick(isStreaming: $0) }
        )
        let result = try session.run(api.http, waker)
        if result.end != nil { reporter.countConnection(result.end, hasFragment: result.fragmentBytes > 0) }
        return try outcome(of: result)
    }

    private func outcome(of result: StreamSession.Result) throws -> Attempt {
        // With the stream open or not: nothing more can be taken.
        if let room = limits.room, room.isUsedUp { throw room.floorError }
        if result.isForeign {
            let type = result.head?.header("content-type").map { " and \($0.prefix(80))" } ?? ""
            return foreign(
                "\(XAPIError.foreigner) the request for the stream with status 200\(type), which is not JSON; nothing of it is "
                    + "recorded or billed; \(XAPIError.foreignAdvice)"
            )
        }
        guard let end = result.end else {
            if limits.isTimeUp { return .finished }
            guard let head = result.head else {
                return try unreachable(result.error?.failureCause ?? .network, result.error)
            }
            let said = configuration.token.authorization.blottedOut(of: result.refusal)
            let problem = Problem.all(in: said).first
            logger.warning(
                "X refuses the stream: \(problem.map(\.description) ?? "no reason given")",
                [("status", "\(head.status)")]
            )
            return .outcome(.refused(status: head.status, problem: problem, rateLimit: result.rateLimit), nil)
        }
        // The fragment at the end of a connection may have been the last post that fits.
        let isSpent = end == .budget || limits.isBudgetSpent
        if isSpent { logger.notice("the budget is used up", [("records", "\(sink.counts.records)")]) }
        if end == .stopped || configuration.recordsOnce { return .finished }
        if isSpent { return configuration.waitsForBudget ? .budgetSpent : .finished }
        return .outcome(.dropped(after: result.life, rateLimit: result.rateLimit), result.error)
    }

    /// A request that got no answer: only one that can never work ends the recorder.
    private func unreachable(_ cause: FailureCause, _ error: (any Error)?) throws -> Attempt {
        if cause == .badRequest, let error {
            throw RecorderError(code: .refused, message: "\(error)", cause: error)
        }
        return .outcome(.unreachable(cause), error)
    }

    /// Somebody else than X answered; waiting may cure it, and nobody counts.
    private func foreign(_ message: String) -> Attempt {
        if limits.isTimeUp { return .finished }
        logger.warning(message)
        // Said once: only a single attempt ends with it.
        let cause = configuration.recordsOnce ? XAPIError(code: .foreignAnswer, message: message) : nil
        return .outcome(.foreign, cause)
    }

    private static func failedOnce(_ reason: String, _ cause: (any Error)?) -> RecorderError {
        RecorderError(
            code: .tryLater,
            message: "no stream was opened: \(cause.map { "\($0)" } ?? reason); try again later",
            cause: cause
        )
    }
}
