internal import HTTPClient
internal import Journal
internal import Logging
internal import Time
internal import XAPI

/// One connection to the stream, from its request to its `closed` event.
///
/// Its three handlers run on the recorder's thread, inside `HTTPClient.stream`.
final class StreamSession {
    /// Thrown by a handler to end the stream for a reason of our own.
    private struct Ending: Error {}

    /// How the session ended.
    struct Result {
        /// Nil where the stream never opened.
        var end: ConnectionEnd?
        /// The answer, or nil where none came.
        var head: HTTPHead?
        /// What the answer said of further connections.
        var rateLimit: RateLimit?
        /// The body of a refusal.
        var refusal: [UInt8] = []
        /// Whether somebody else than X answered with status 200.
        var isForeign = false
        var error: HTTPClientError?
        /// How long the stream was open.
        var life = Duration.zero
        /// Bytes of the line that the stream's end left unfinished.
        var fragmentBytes = 0
    }

    /// A refusal's body is cut here, and no longer waited for than this.
    private static let refusalByteLimit = 64 * 1024
    private static let refusalTimeLimit = Duration.seconds(5)
    /// So many ticks, up to 250 ms each, an answer with status 200 may be silent until it is taken for the stream.
    private static let silentTicks = 4

    private let request: HTTPClientRequest
    private let origin: ServerOrigin
    private let number: Int
    private let rules: [ActiveRule]?
    private let sink: any DeliverySink
    private let hooks: RecorderHooks
    private let logger: Logger
    /// Why the stream is to be ended now, asked at every tick; nil where it is to go on.
    private let reasonToStop: () -> ConnectionEnd?
    /// Counts billed posts against the budget; true once nothing more fits.
    private let spend: (Int) -> Bool
    /// Gets whether the stream is open.
    private let report: (Bool) -> Void

    private let clock: WallClock
    private let monotonic: MonotonicClock
    private var watch: SilenceWatch
    private var scanner = NoticeScanner()
    private var billing = BilledPostScanner()
    /// Ticks since an answer with status 200, until the stream is open.
    private var ticksSinceAnswer = 0
    private var result = Result()
    private var openedAt: MonotonicTime
    private var byteCount = 0
    /// Why we end the stream ourselves.
    private var ending: ConnectionEnd?

    init(
        request: HTTPClientRequest,
        origin: ServerOrigin,
        number: Int,
        rules: [ActiveRule]?,
        silenceLimit: Duration,
        sink: any DeliverySink,
        hooks: RecorderHooks,
        clock: WallClock,
        monotonic: MonotonicClock,
        logger: Logger,
        reasonToStop: @escaping () -> ConnectionEnd?,
        spend: @escaping (Int) -> Bool,
        report: @escaping (Bool) -> Void
    ) {
        self.request = request
        self.origin = origin
        self.number = number
        self.rules = rules
        self.sink = sink
        self.hooks = hooks
        self.clock = clock
        self.monotonic = monotonic
        openedAt = monotonic.now
        self.logger = logger
        self.reasonToStop = reasonToStop
        self.spend = spend
        self.report = report
        watch = SilenceWatch(limit: silenceLimit, now: openedAt)
    }

    /// Runs the connection to its end.
    ///
    /// - Throws: what the journal threw; anything of the network is in the result.
    func run(_ client: HTTPClient, _ waker: StreamWaker) throws -> Result {
        let end: StreamEnd
        do throws(HTTPClientError) {
            end = try client.stream(
                request,
                onHead: { try self.take($0) },
                onBytes: { try self.take($0) },
                onTick: { try self.tick() },
                waker: waker
            )
        } catch {
            guard error.code == .refusedByCaller else { return try finish(ConnectionEnd(error), error) }
            guard error.cause is Ending else { throw error.cause ?? error }
            return try finish(ending ?? .stopped, nil)
        }
        return try finish(end == .stopped ? ending ?? .stopped : .serverClosed, nil)
    }

    // MARK: - Handlers

    private func take(_ head: HTTPHead) throws {
        watch.sign()
        result.head = head
        openedAt = monotonic.now
        result.rateLimit = RateLimit(head, wall: clock.now, monotonic: openedAt)
    }

    /// Whether the answer has the status of a stream; its content may say otherwise.
    private var isAccepted: Bool { result.head?.status == 200 }

    /// Notes that the stream is open: content has come that X may have sent, or none for a while.
    private func open() throws {
        guard result.end == nil, let head = result.head else { return }
        try sink.append(
            event: EventKind.opened,
            fields: ConnectionEvents.opened(number, of: origin, url: request.url, head)
        )
        if let rules { try sink.append(event: EventKind.rules, fields: ConnectionEvents.rules(rules)) }
        result.end = .stopped
        logger.notice("the stream is open", [("connection", "\(number)")])
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        watch.sign()
        guard isAccepted else {
            result.refusal.append(contentsOf: bytes.prefix(Self.refusalByteLimit - result.refusal.count))
            return
        }
        // Until the first line shows that this is X, its beginning is looked at first: what is foreign is no part of the stream.
        let isKnown = billing.content == .json
        var posts = isKnown ? 0 : billing.take(bytes)
        if billing.content == .foreign {
            result.isForeign = true
            ending = .foreign
            throw Ending()
        }
        try open()
        hooks.onHandedOver?(bytes.count)
        try sink.append(bytes)
        if isKnown { posts = billing.take(bytes) }
        byteCount += bytes.count
        countFragment(bytes)
        for line in scanner.take(bytes) {
            // The journal keeps X's bytes as they are; a log line must not repeat the token.
            if let notice = StreamNotice(line: request.blottedOut(of: line)) {
                let what = notice.isDisconnect ? "X says that it disconnects" : "X reports an error in the stream"
                logger.warning("\(what): \(notice)", [("connection", "\(number)")])
            }
        }
        if spend(posts) {
            ending = .budget
            throw Ending()
        }
    }

    /// Counts the bytes of a line that has not ended; a lone CR begins none.
    private func countFragment(_ bytes: UnsafeRawBufferPointer) {
        guard let last = bytes.last else { return }
        let lineFeed = bytes.lastIndex(of: 10)
        let rest = bytes.count - (lineFeed.map { $0 + 1 } ?? 0)
        result.fragmentBytes = lineFeed == nil ? result.fragmentBytes + rest : rest
        if result.fragmentBytes == 1, last == 13 { result.fragmentBytes = 0 }
    }

    private func tick() throws -> StreamVerdict {
        let now = monotonic.now
        if isAccepted, result.end == nil {
            ticksSinceAnswer += 1
            if ticksSinceAnswer > Self.silentTicks { try open() }
        }
        report(result.end != nil)
        if let reason = reasonToStop() {
            ending = reason
            return .stop
        }
        if result.head != nil && !isAccepted && now - openedAt > Self.refusalTimeLimit { return .stop }
        if watch.isTooLong(at: now) {
            ending = .stalled
            return .stop
        }
        return .goOn
    }

    // MARK: - End

    private func finish(_ end: ConnectionEnd, _ error: HTTPClientError?) throws -> Result {
        result.error = error
        // An answer that ends before it has said anything was a stream for as long as it lasted.
        if isAccepted, !result.isForeign { try open() }
        guard result.end != nil else { return result }
        result.end = end
        result.life = monotonic.now - openedAt
        try sink.append(
            event: EventKind.closed,
            fields: ConnectionEvents.closed(number, end, bytes: byteCount, error: error)
        )
        // A post that was cut has been billed.
        if !result.isForeign { _ = spend(billing.endConnection()) }
        let metadata = [("connection", "\(number)"), ("why", end.rawValue), ("bytes", "\(byteCount)")]
        if end.isLossy {
            logger.warning("the stream ended\(error.map { ": \($0)" } ?? "")", metadata)
        } else {
            logger.notice("the stream ended", metadata)
        }
        if result.fragmentBytes > 0 {
            // A stream that we end ourselves may be inside a record at any time.
            let level = end == .serverClosed || end.isLossy ? "warning" : "notice"
            let text = "the stream ended inside a record; the fragment is kept, and is no record"
            let facts = [("connection", "\(number)"), ("fragment_bytes", "\(result.fragmentBytes)")]
            if level == "warning" { logger.warning(text, facts) } else { logger.notice(text, facts) }
        }
        return result
    }
}

extension ConnectionEnd {
    fileprivate init(_ error: HTTPClientError) {
        switch error.code {
        case .cut: self = .cut
        case .reset: self = .reset
        default: self = .error
        }
    }
}
