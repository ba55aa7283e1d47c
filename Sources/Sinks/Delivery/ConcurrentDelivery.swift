internal import Failures
public import Lifecycle
internal import Synchronization
public import Time
public import Transform

/// Delivers to a remote sink by `DeliveryEngine`, with a thread for each call that may be under way.
///
/// Threads sleep until the engine has a call for them, or something changes. After a shutdown request, calls that are under way or
/// ready have 1.5 s to end, up to 3.5 s while the sink answers, and nothing that failed is tried again; what is not settled then is
/// to be delivered again.
public final class ConcurrentDelivery: Delivery, @unchecked Sendable {
    // @unchecked: batches are handed from thread to thread under the monitor's lock; nothing else is shared but constants.
    private let sink: any RemoteSink
    private let monitor: Monitor<DeliveryState>
    private let patience: DeliveryPatience
    private let clock: MonotonicClock
    private let workers: [(thread: WorkerThread, control: CallControl)]
    private let stopHandler = Mutex<ShutdownHandler?>(nil)

    /// Starts the threads; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - seed: of the waits' jitter.
    ///   - onTrouble: gets the reason when the sink takes nothing and is tried again, and nil once it takes documents, the first time
    ///     included; called under the delivery's lock, so in order, and it must not call the delivery.
    public init(
        _ sink: any RemoteSink,
        limits: DeliveryLimits = .init(),
        patience: DeliveryPatience,
        clock: MonotonicClock = .system,
        seed: UInt64,
        onTrouble: @escaping @Sendable (String?) -> Void = { _ in }
    ) throws {
        self.sink = sink
        self.patience = patience
        self.clock = clock
        // A little more than the limit, so that the last document of a batch does not double the memory.
        let capacity = sink.batchByteLimit + (256 << 10)
        let monitor = Monitor(DeliveryState(limits, batchCapacity: capacity, seed: seed))
        self.monitor = monitor
        var workers: [(WorkerThread, CallControl)] = []
        for caller in try (0..<max(1, limits.calls)).map({ _ in UncheckedBox(try sink.makeCaller()) }) {
            let control = CallControl()
            let thread = try WorkerThread(name: "delivery") {
                while let (call, batch) = ConcurrentDelivery.nextCall(monitor, clock) {
                    let result = caller.value.call(batch.value, call.documents, control)
                    monitor.withLock { state in
                        state.finish(call, batch.value, result, now: clock.now)
                        if !state.isClosed { state.report(to: onTrouble, patience) }
                    }
                    monitor.signal()
                }
            }
            workers.append((thread, control))
        }
        self.workers = workers
    }

    deinit { endThreads() }

    /// What the sink keeps.
    public var kind: SinkKind { sink.kind }
    /// The sink's identity.
    public var identity: String { sink.identity }
    /// The sink's limit.
    public var batchDocumentLimit: Int { sink.batchDocumentLimit }
    /// The sink's limit.
    public var batchByteLimit: Int { sink.batchByteLimit }

    /// Lets a shutdown end waits, at once or after the grace.
    public func endWaits(on shutdown: ShutdownSignal) {
        let handler = shutdown.onRequest { [weak self] in
            guard let self else { return }
            let now = self.clock.now
            self.monitor.withLock { $0.stop(now: now) }
            self.monitor.signal()
        }
        // What was registered before is forgotten with it.
        stopHandler.withLock { $0 = handler }
    }

    /// Adds the batch to what is to be sent; waits while the pool is full or the sink takes nothing.
    public func deliver(_ batch: DocumentBatch) throws -> DocumentBatch {
        // While a sink is down, a follower hands over one small batch after another: each in memory of its own size.
        let isSmall = batch.isMostlyEmpty
        let full = UncheckedBox(isSmall ? batch.fittingCopy() : batch)
        let replacement = isSmall ? UncheckedBox(batch) : nil
        let numbers = 0..<Int32(full.value.documents.count)
        let wanted = numbers.filter { sink.takes(full.value.documents[Int($0)]) }
        let empty = try wait { $0.add(full, wanted: wanted, replacement: replacement, now: clock.now) }
        if isSmall { batch.removeAll() }
        monitor.signal()
        return empty.value
    }

    /// What is settled.
    public func progress() throws -> DeliveryProgress { monitor.withLock { $0.takeProgress() } }

    /// What a remote sink has answered is durable there.
    public func flush() {}

    /// Waits until every batch is settled.
    public func finish() throws { try wait { $0.engine.isIdle ? () : nil } }

    /// Waits until so many batches, and all before them, are settled.
    func waitUntilSettled(_ batches: Int) throws { try wait { $0.engine.settled >= batches ? () : nil } }

    /// Ends the threads, and with them the calls under way: their documents are not settled.
    public func close() throws {
        endThreads()
        for worker in workers { _ = worker.thread.join(for: .seconds(1)) }
    }

    private func endThreads() {
        monitor.withLock { $0.isClosed = true }
        monitor.signal()
        for worker in workers { worker.control.cancel() }
    }

    /// Waits for something; throws where the sink takes nothing for longer than the patience or a shutdown allows.
    private func wait<Result>(_ body: (inout DeliveryState) -> Result?) throws -> Result {
        var longestWait = Duration.zero
        return try monitor.untilReady(longestWait: longestWait) { state -> Result? in
            if let result = body(&state) { return result }
            let now = clock.now
            let end = try end(of: state, now)
            longestWait = end - now
            return nil
        }
    }

    /// When the wait ends without a result, unless something changes.
    private func end(of state: DeliveryState, _ now: MonotonicTime) throws -> MonotonicTime {
        let engine = state.engine
        var end = MonotonicTime.distantFuture
        if let limit = patience.limit {
            // Calls under way are waited for: what they settle counts.
            if case .open(let reason, let cause) = engine.circuit, cause.kind != .retry, engine.inFlight == 0 {
                throw unavailable(reason, cause)
            }
            if let since = engine.unansweredSince {
                end = since + limit
                guard now < end else {
                    let reason = engine.lastFailure?.reason ?? "no answer"
                    let seconds = limit.components.seconds
                    throw unavailable(
                        "\(reason); given up after \(seconds) s, try again later",
                        engine.lastFailure?.cause ?? .network
                    )
                }
            }
        }
        if let graceEnd = state.graceEnd {
            guard now < graceEnd, engine.isBusy(now: now) else {
                let text = "stopped before all documents were delivered"
                if state.isTakingDocuments { throw SinkError(.stopped, "\(sink.name): \(text)") }
                throw unavailable(engine.lastFailure?.reason ?? text, engine.lastFailure?.cause ?? .network)
            }
            end = min(end, graceEnd)
        }
        return end
    }

    private func unavailable(_ reason: String, _ cause: FailureCause) -> SinkError {
        SinkError(.unavailable, "\(sink.name): \(reason)", cause: cause)
    }

    private static func nextCall(
        _ monitor: Monitor<DeliveryState>,
        _ clock: MonotonicClock
    ) -> (DeliveryEngine.Call, UncheckedBox<DocumentBatch>)? {
        var longestWait = Duration.zero
        return monitor.untilReady(longestWait: longestWait) {
            state -> (DeliveryEngine.Call, UncheckedBox<DocumentBatch>)?? in
            if state.isClosed { return .some(nil) }
            let now = clock.now
            if let next = state.next(now: now) { return next }
            longestWait = (state.engine.nextTime() ?? .distantFuture) - now
            return nil
        }
    }
}
