internal import Failures
internal import Lifecycle
internal import Time
internal import Transform

/// What the threads of a `ConcurrentDelivery` share, under one lock.
struct DeliveryState {
    var engine: DeliveryEngine
    /// Batches that are not settled, by their number.
    private var held: [Int: UncheckedBox<DocumentBatch>] = [:]
    /// Empty batches, each large enough for a full one.
    private var spare: [UncheckedBox<DocumentBatch>] = []
    private let batchCapacity: Int
    /// Documents rejected since `takeProgress` was last called.
    private var refused: [RefusedDocument] = []
    /// The circuit when it was last reported.
    private var reported: DeliveryEngine.Circuit?
    private var random: UInt64
    /// Whether the threads have to end.
    var isClosed = false
    /// When the shutdown was requested.
    private var stoppedAt: MonotonicTime?

    /// How long calls may still take after a shutdown request, or after an answer that came since.
    private static let grace = Duration.milliseconds(1_500)
    /// How long a sink that answers may take after a shutdown request.
    private static let longestGrace = Duration.milliseconds(3_500)

    /// What a batch costs besides its documents, where it waits and in the engine.
    private static let overhead = 1_024

    init(_ limits: DeliveryLimits, batchCapacity: Int, seed: UInt64) {
        engine = DeliveryEngine(limits: limits)
        self.batchCapacity = batchCapacity
        random = seed | 1
    }

    /// Notes a shutdown request: nothing that failed is tried again.
    mutating func stop(now: MonotonicTime) {
        stoppedAt = now
        engine.end()
    }

    /// Once the shutdown is requested: when calls under way are given up.
    var graceEnd: MonotonicTime? {
        guard let stoppedAt else { return nil }
        let answered = max(stoppedAt, engine.unansweredSince ?? stoppedAt)
        return min(stoppedAt + DeliveryState.longestGrace, answered + DeliveryState.grace)
    }

    /// Whether the sink took documents when it was last heard of, so that at a stop only time was lacking.
    var isTakingDocuments: Bool { engine.lastFailure == nil && engine.accepted + engine.stale + engine.rejected > 0 }

    /// Takes a batch if the pool has enough free space; returns an empty one then.
    ///
    /// - Parameter wanted: the numbers of the documents that are sent.
    mutating func add(
        _ batch: UncheckedBox<DocumentBatch>,
        wanted: [Int32],
        replacement: UncheckedBox<DocumentBatch>?,
        now: MonotonicTime
    ) -> UncheckedBox<DocumentBatch>? {
        let bytes = batch.value.heldByteCount + DeliveryState.overhead
        guard engine.hasRoom(for: bytes) else { return nil }
        let skipped = batch.value.documents.count - wanted.count
        let number = engine.add(documents: wanted, skipped: skipped, bytes: bytes, now: now)
        // One of which nothing is sent may be settled at once.
        if number >= engine.settled { held[number] = batch }
        return replacement ?? spare.popLast() ?? UncheckedBox(DocumentBatch(byteCapacity: batchCapacity))
    }

    /// The call to make now, with its batch.
    mutating func next(now: MonotonicTime) -> (DeliveryEngine.Call, UncheckedBox<DocumentBatch>)? {
        guard let call = engine.next(now: now), let batch = held[call.batch] else { return nil }
        return (call, batch)
    }

    /// Takes a call's result in.
    mutating func finish(_ call: DeliveryEngine.Call, _ batch: DocumentBatch, _ result: CallResult, now: MonotonicTime)
    {
        let chance = nextChance()
        let before = engine.settled
        for rejection in engine.finish(call, result, now: now, chance: chance) {
            let document = batch.documents[rejection.document]
            refused.append(
                RefusedDocument(
                    source: document.source,
                    offset: document.offset,
                    ordinal: document.ordinal,
                    reason: rejection.reason
                )
            )
        }
        for number in before..<engine.settled {
            guard let settled = held.removeValue(forKey: number) else { continue }
            // Only what is large enough for a full batch is kept for the next one.
            if settled.value.byteCapacity < batchCapacity { continue }
            settled.value.removeAll()
            spare.append(settled)
        }
    }

    /// What is settled, and what was rejected since the last time.
    mutating func takeProgress() -> DeliveryProgress {
        var progress = DeliveryProgress()
        progress.settledBatches = engine.settled
        progress.counts = DeliveryCounts(
            accepted: engine.accepted,
            stale: engine.stale,
            rejected: engine.rejected,
            skipped: engine.skipped
        )
        progress.refused = refused
        refused = []
        return progress
    }

    /// Reports a circuit that has changed: the reason where the sink takes nothing, nil where it takes documents.
    mutating func report(to onTrouble: (String?) -> Void, _ patience: DeliveryPatience) {
        guard engine.circuit != reported else { return }
        reported = engine.circuit
        guard case .open(let reason, let cause) = engine.circuit else { return onTrouble(nil) }
        // A failure that ends the delivery is reported by its error.
        if cause.kind == .retry || patience == .endless { onTrouble(reason) }
    }

    /// 0 ..< 1, xorshift: enough for jitter.
    private mutating func nextChance() -> Double {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Double(random >> 11) / Double(1 << 53)
    }
}

/// Something that one thread at a time touches, on its way from one to the next.
struct UncheckedBox<Value>: @unchecked Sendable {
    // @unchecked: it is handed over under a lock, and nobody keeps it.
    let value: Value
    init(_ value: Value) { self.value = value }
}
