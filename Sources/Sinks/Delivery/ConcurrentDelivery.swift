public import Lifecycle
public import Time
public import Transform

/// Makes the calls of one connection to a sink; one thread's.
public protocol DocumentCaller: AnyObject {
    /// Sends documents of a batch, by number, and waits for what becomes of them; every failure is a result.
    func call(_ batch: DocumentBatch, _ documents: [Int32]) -> CallResult
}

/// A sink behind a network: several calls at a time, outcomes for each document.
public protocol RemoteSink: AnyObject, Sendable {
    /// What it keeps.
    var kind: SinkKind { get }
    /// What a checkpoint is bound to.
    var identity: String { get }
    /// Its address as its user wrote it, for messages.
    var name: String { get }
    /// A call holds no more documents.
    var batchDocumentLimit: Int { get }
    /// A call holds no more bytes of documents.
    var batchByteLimit: Int { get }

    /// Makes a connection of its own.
    func makeCaller() throws -> any DocumentCaller
}

/// What happens when a sink takes nothing.
public enum DeliveryPatience: Sendable, Equatable {
    /// It is tried again until somebody stops the delivery: for what runs for months.
    case endless
    /// A fault that somebody has to cure ends the delivery at once; a sink that is only down, after this time without a success.
    case givingUp(after: Duration)
}

/// Delivers to a remote sink by `DeliveryEngine`, with a thread for each call that may be under way.
public final class ConcurrentDelivery: Delivery, @unchecked Sendable {
    // @unchecked: batches are handed from thread to thread under the monitor's lock; nothing else is shared but constants.
    fileprivate struct State {
        var engine: DeliveryEngine
        /// Batches that are not settled, by their number.
        var held: [Int: Unshared<DocumentBatch>] = [:]
        /// Empty batches, each with room for a full one.
        var spare: [Unshared<DocumentBatch>] = []
        let batchCapacity: Int
        var refused: [RefusedDocument] = []
        /// The circuit as it was told last.
        var told: DeliveryEngine.Circuit?
        var isClosed = false
        var random: UInt64
        var shutdown: ShutdownSignal?
    }

    private let sink: any RemoteSink
    private let monitor: Monitor<State>
    private let patience: DeliveryPatience
    private let clock: WallClock
    private let workers: [WorkerThread]

    /// Starts the threads; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - seed: of the waits' jitter.
    ///   - onTrouble: told why the sink takes nothing where it is tried again, and nil once it does, the first time included; called
    ///     under the delivery's lock, so in order, and it must not ask the delivery anything.
    public init(
        _ sink: any RemoteSink,
        limits: DeliveryLimits = .init(),
        patience: DeliveryPatience,
        clock: WallClock = .system,
        seed: UInt64,
        onTrouble: @escaping @Sendable (String?) -> Void = { _ in }
    ) throws {
        self.sink = sink
        self.patience = patience
        self.clock = clock
        // A little more than the limit, so that the last document of a batch does not double the memory.
        let capacity = sink.batchByteLimit + (256 << 10)
        let monitor = Monitor(
            State(engine: DeliveryEngine(limits: limits), batchCapacity: capacity, random: seed | 1)
        )
        self.monitor = monitor
        var workers: [WorkerThread] = []
        for _ in 0..<max(1, limits.calls) {
            let caller = Unshared(try sink.makeCaller())
            workers.append(
                try WorkerThread(name: "delivery") {
                    ConcurrentDelivery.work(monitor, caller.value, patience, clock, onTrouble)
                }
            )
        }
        self.workers = workers
    }

    deinit {
        monitor.withLock { $0.isClosed = true }
        monitor.signal()
    }

    /// What the sink keeps.
    public var kind: SinkKind { sink.kind }
    /// The sink's identity.
    public var identity: String { sink.identity }
    /// The sink's limit.
    public var batchDocumentLimit: Int { sink.batchDocumentLimit }
    /// The sink's limit.
    public var batchByteLimit: Int { sink.batchByteLimit }

    /// Lets a shutdown end waits while the circuit is open.
    public func endWaits(on shutdown: ShutdownSignal) {
        monitor.withLock { $0.shutdown = shutdown }
        shutdown.onRequest { [monitor] in monitor.signal() }
    }

    /// Adds the batch to what is to be sent; waits while the pool is full or the sink takes nothing.
    public func deliver(_ batch: DocumentBatch) throws -> DocumentBatch {
        // While a sink is down, a follower hands over one small batch after another: each in memory of its own size.
        let isSmall = batch.isMostlyEmpty
        let (full, rest) = (Unshared(isSmall ? batch.fittingCopy() : batch), Unshared(batch))
        let empty = try wait { state -> Unshared<DocumentBatch>? in
            let bytes = full.value.heldByteCount + ConcurrentDelivery.overhead
            guard state.engine.hasRoom(for: bytes) else { return nil }
            state.held[state.engine.add(documents: full.value.documents.count, bytes: bytes)] = full
            if isSmall { return rest }
            return state.spare.popLast() ?? Unshared(DocumentBatch(byteCapacity: state.batchCapacity))
        }
        if isSmall { batch.removeAll() }
        monitor.signal()
        return empty.value
    }

    /// What a batch costs besides its documents, where it waits and in who counts it.
    private static let overhead = 1_024

    /// What is settled.
    public func progress() throws -> DeliveryProgress {
        monitor.withLock { state in
            var progress = DeliveryProgress()
            progress.settledBatches = state.engine.settled
            progress.counts = DeliveryCounts(
                accepted: state.engine.accepted,
                stale: state.engine.stale,
                rejected: state.engine.rejected
            )
            progress.refused = state.refused
            state.refused = []
            return progress
        }
    }

    /// What a remote sink has answered is durable there.
    public func flush() {}

    /// Waits until every batch is settled.
    public func finish() throws { try wait { $0.engine.isIdle ? () : nil } }

    /// Ends the threads; calls under way are waited for, so that what they settle counts.
    public func close() throws {
        monitor.withLock { $0.isClosed = true }
        monitor.signal()
        for worker in workers { _ = worker.join(for: .seconds(90)) }
    }

    /// Waits for something, and gives up where the sink has taken nothing for too long.
    private func wait<Result>(_ body: (inout State) throws -> Result?) throws -> Result {
        let result = try monitor.untilReady(longestWait: .milliseconds(250)) { state -> Result? in
            if let result = try body(&state) { return result }
            guard let trouble = state.engine.trouble else { return nil }
            if case .givingUp(let limit) = self.patience, self.clock.now - trouble.since >= limit {
                let seconds = limit.components.seconds
                throw self.unavailable("\(trouble.reason); given up after \(seconds) s, try again later")
            }
            guard case .open(let reason, let isFault) = state.engine.circuit else { return nil }
            // Calls under way are waited for: what they settle counts.
            let isOver = isFault && self.patience != .endless && state.engine.inFlight == 0
            if isOver || state.shutdown?.isRequested == true { throw self.unavailable(reason) }
            return nil
        }
        return result
    }

    private func unavailable(_ reason: String) -> SinkError { SinkError(.unavailable, "\(sink.name): \(reason)") }

    private static func work(
        _ monitor: Monitor<State>,
        _ caller: any DocumentCaller,
        _ patience: DeliveryPatience,
        _ clock: WallClock,
        _ onTrouble: (String?) -> Void
    ) {
        while let (call, batch) = nextCall(monitor, clock) {
            let result = caller.call(batch.value, call.documents)
            monitor.withLock { state in
                let chance = state.nextChance()
                let before = state.engine.settled
                let rejections = state.engine.finish(call, result, now: clock.now, chance: chance)
                state.tell(onTrouble, patience)
                for rejection in rejections {
                    let document = batch.value.documents[rejection.document]
                    state.refused.append(
                        RefusedDocument(
                            source: document.source,
                            offset: document.offset,
                            ordinal: document.ordinal,
                            reason: rejection.reason
                        )
                    )
                }
                for number in before..<state.engine.settled {
                    guard let settled = state.held.removeValue(forKey: number) else { continue }
                    // Only what is large enough for a full batch is kept for the next one.
                    if settled.value.byteCapacity < state.batchCapacity { continue }
                    settled.value.removeAll()
                    state.spare.append(settled)
                }
            }
            monitor.signal()
        }
    }

    private static func nextCall(
        _ monitor: Monitor<State>,
        _ clock: WallClock
    ) -> (DeliveryEngine.Call, Unshared<DocumentBatch>)? {
        monitor.untilReady(longestWait: .milliseconds(50)) {
            state -> (DeliveryEngine.Call, Unshared<DocumentBatch>)?? in
            if state.isClosed { return .some(nil) }
            guard let call = state.engine.next(now: clock.now), let batch = state.held[call.batch] else { return nil }
            return (call, batch)
        }
    }
}

extension ConcurrentDelivery.State {
    fileprivate mutating func tell(_ onTrouble: (String?) -> Void, _ patience: DeliveryPatience) {
        guard engine.circuit != told else { return }
        told = engine.circuit
        guard case .open(let reason, let isFault) = engine.circuit else { return onTrouble(nil) }
        // What ends the delivery is told by its error.
        if !isFault || patience == .endless { onTrouble(reason) }
    }

    /// 0 ..< 1, xorshift: enough for jitter.
    fileprivate mutating func nextChance() -> Double {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Double(random >> 11) / Double(1 << 53)
    }
}

/// Something that one thread at a time touches, on its way from one to the next.
fileprivate struct Unshared<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
