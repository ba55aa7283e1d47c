public import Failures
public import Time

/// The delivery of batches to one sink as a pure state machine: what to send next, what a result means, what is settled.
///
/// Batches are numbered 0, 1, 2, … as they are added. Nothing is lost: a document leaves the engine accepted, stale or rejected, and
/// a batch is settled when all its documents have left it and all batches before it are settled. Calls may end in any order.
/// Time, which is monotonic, and chance come in as parameters. Cost of a step: the documents of its call.
public struct DeliveryEngine: Sendable {
    /// Documents to be sent in one call: all of a batch, or those of it that are left.
    public struct Call: Sendable, Equatable {
        /// The batch.
        public let batch: Int
        /// Numbers of documents in it, ascending.
        public internal(set) var documents: [Int32]
        /// Whether it tries whether the sink takes documents again.
        public internal(set) var isProbe = false
        /// Calls with these documents that were pushed back.
        var pushBacks = 0
        /// Not before this time.
        var due = MonotonicTime.distantPast
    }

    /// Whether the sink takes documents.
    public enum Circuit: Sendable, Equatable {
        /// It does.
        case closed
        /// It does not, for this reason; a single call tries it now and then.
        case open(reason: String, cause: FailureCause)
    }

    private struct Batch {
        let bytes: Int
        var left: Int
    }

    /// The limits.
    public let limits: DeliveryLimits
    /// Whether the sink takes documents.
    public var circuit: Circuit { gate.circuit }
    /// Why the last call failed; nil once the sink takes something.
    public var lastFailure: (cause: FailureCause, reason: String)? { gate.lastFailure }
    /// Since when the sink has not answered as it should, though there was something to send; nil while there is nothing.
    ///
    /// The time of the last answer, or when the first batch was added since; calls that hang count too.
    public private(set) var unansweredSince: MonotonicTime?
    /// Documents that left the engine, by outcome.
    public private(set) var accepted = 0
    /// Documents that the sink did not need.
    public private(set) var stale = 0
    /// Documents that were refused.
    public private(set) var rejected = 0
    /// Documents that the sink is not meant to get.
    public private(set) var skipped = 0
    /// Batches settled: all with a lower number.
    public private(set) var settled = 0
    /// Calls under way.
    public private(set) var inFlight = 0
    /// Bytes of batches that are not settled.
    public private(set) var heldBytes = 0
    /// Calls that may be under way at the same time, just now.
    public var window: Int { gate.window }

    private var batches: [Batch] = []
    private var waiting: [Call] = []
    private var gate: DeliveryGate
    private var recent: RecentOutcomes
    private var isEnding = false

    /// Makes an engine without batches.
    public init(limits: DeliveryLimits = .init()) {
        self.limits = limits
        gate = DeliveryGate(limits)
        recent = RecentOutcomes(count: limits.recentCount)
    }

    /// Batches added.
    public var added: Int { settled + batches.count }

    /// Whether another batch may be added; one always may where none is held.
    public func hasRoom(for bytes: Int) -> Bool { batches.isEmpty || heldBytes + bytes <= limits.poolBytes }

    /// Whether all batches are settled.
    public var isIdle: Bool { batches.isEmpty }

    /// Adds a batch; returns its number.
    public mutating func add(documents: Int, bytes: Int, now: MonotonicTime) -> Int {
        precondition(documents > 0)
        return add(documents: (0..<Int32(documents)).map { $0 }, skipped: 0, bytes: bytes, now: now)
    }

    /// Adds a batch of which some documents are sent; with none of them it is settled once those before it are.
    ///
    /// - Parameters:
    ///   - documents: the numbers of those, ascending.
    ///   - skipped: how many others there are.
    public mutating func add(documents: [Int32], skipped: Int, bytes: Int, now: MonotonicTime) -> Int {
        let number = added
        batches.append(Batch(bytes: bytes, left: documents.count))
        heldBytes += bytes
        self.skipped += skipped
        if documents.isEmpty {
            settle()
        } else {
            unansweredSince = unansweredSince ?? now
            waiting.append(Call(batch: number, documents: documents))
        }
        return number
    }

    /// From now on a sink that takes nothing is not tried again; what is ready is still sent.
    public mutating func end() { isEnding = true }

    /// Whether a call is under way, or can be made now.
    public func isBusy(now: MonotonicTime) -> Bool { inFlight > 0 || nextTime().map { $0 <= now } ?? false }

    /// The call to make now, or nil where there is none yet.
    public mutating func next(now: MonotonicTime) -> Call? {
        guard let time = nextTime(), time <= now else { return nil }
        var index = 0
        var isProbe = true
        if case .closed = circuit {
            isProbe = false
            guard let first = waiting.firstIndex(where: { $0.due <= now }) else { return nil }
            index = first
        }
        inFlight += 1
        var call = waiting.remove(at: index)
        call.isProbe = isProbe
        return call
    }

    /// When `next` has a call; nil where first another call must end, or a batch be added.
    public func nextTime() -> MonotonicTime? {
        guard !waiting.isEmpty else { return nil }
        if case .open = circuit { return inFlight > 0 || isEnding ? nil : gate.probeDue }
        return inFlight < window ? waiting.lazy.map(\.due).min() : nil
    }

    /// Takes a call's result in.
    ///
    /// - Parameter chance: 0 ..< 1, for the waits' jitter.
    /// - Returns: documents that were refused; they are not settled before the caller has kept them.
    public mutating func finish(_ call: Call, _ result: CallResult, now: MonotonicTime, chance: Double) -> [Rejection] {
        precondition(inFlight > 0)
        inFlight -= 1
        switch result {
        case .failed(let cause, let reason, let after) where cause.kind == .retry:
            pushedBack(call, cause, reason, after, now, chance)
            return []
        case .failed(let cause, let reason, _):
            putBack(call)
            gate.open(cause, reason, now, chance)
            return []
        case .tooLarge: return split(call, now)
        case .outcomes(let outcomes):
            precondition(outcomes.count == call.documents.count, "one outcome a document")
            return take(outcomes, of: call, now, chance)
        }
    }

    private mutating func take(
        _ outcomes: [DocumentOutcome],
        of call: Call,
        _ now: MonotonicTime,
        _ chance: Double
    ) -> [Rejection] {
        var rejections: [Rejection] = []
        var left = call
        left.documents.removeAll(keepingCapacity: true)
        for (document, outcome) in zip(call.documents, outcomes) {
            if case .retry = outcome { left.documents.append(document) } else { recent.add(outcome) }
        }
        let areMostRefused = recent.rejected > limits.recentRejectedLimit
        if areMostRefused {
            // So many are not the documents' fault: none of this call's is filed, and one batch tries it again later.
            recent.removeAll()
            for (document, outcome) in zip(call.documents, outcomes) {
                if case .rejected = outcome { left.documents.append(document) }
            }
            left.documents.sort()
            let example = outcomes.lazy.compactMap { outcome -> String? in
                if case .rejected(let reason) = outcome { reason } else { nil }
            }.first
            let reason =
                "more than \(limits.recentRejectedLimit) of the last \(limits.recentCount) documents were rejected (\(example ?? "")). "
                + "The index probably has another mapping; delivery pauses until that is fixed"
            gate.open(.foreignTarget, reason, now, chance)
        }
        let isLeft = Set(left.documents)
        for (document, outcome) in zip(call.documents, outcomes) where !isLeft.contains(document) {
            switch outcome {
            case .accepted: accepted += 1
            case .stale: stale += 1
            case .rejected(let reason):
                rejected += 1
                rejections.append(Rejection(batch: call.batch, document: Int(document), reason: reason))
            case .retry: continue
            }
            batches[call.batch - settled].left -= 1
        }
        if left.documents.isEmpty {
            gate.succeed()
        } else if areMostRefused {
            putBack(left)
        } else if left.documents.count < call.documents.count {
            // Some were taken, so the sink is there: the rest waits a little.
            gate.takesAgain()
            left.isProbe = false
            left.pushBacks = 0
            left.due = now + gate.wait(after: 0, chance)
            gate.narrow()
            wait(left)
        } else {
            pushedBack(left, .rateLimited, "the sink took no document of a call for now", nil, now, chance)
        }
        settle()
        if lastFailure == nil { noteAnswer(now) }
        return rejections
    }

    private mutating func pushedBack(
        _ call: Call,
        _ cause: FailureCause,
        _ reason: String,
        _ after: Duration?,
        _ now: MonotonicTime,
        _ chance: Double
    ) {
        gate.noteFailure(cause, reason)
        var again = call
        again.isProbe = false
        again.pushBacks += 1
        again.due = now + max(after ?? .zero, gate.wait(after: again.pushBacks - 1, chance))
        if gate.isPushedTooOften() || call.isProbe {
            putBack(again)
            gate.open(cause, reason, now, chance, atLeast: after)
        } else {
            wait(again)
        }
    }

    private mutating func putBack(_ call: Call) {
        var again = call
        again.isProbe = false
        again.due = .distantPast
        // The oldest first: what waits behind it cannot be settled before it.
        wait(again)
    }

    private mutating func wait(_ call: Call) {
        waiting.insert(call, at: waiting.firstIndex { $0.batch >= call.batch } ?? waiting.count)
    }

    /// An answer moves the end of the sink's time to answer, as long as there is something to send.
    private mutating func noteAnswer(_ now: MonotonicTime) { unansweredSince = isIdle ? nil : now }

    private mutating func split(_ call: Call, _ now: MonotonicTime) -> [Rejection] {
        defer { noteAnswer(now) }
        var call = call
        call.isProbe = false
        guard call.documents.count > 1 else {
            rejected += 1
            batches[call.batch - settled].left -= 1
            gate.succeed()
            settle()
            return [
                Rejection(
                    batch: call.batch,
                    document: Int(call.documents[0]),
                    reason: "too large for the sink by itself"
                )
            ]
        }
        let middle = call.documents.count / 2
        var second = call
        second.documents = Array(call.documents[middle...])
        call.documents = Array(call.documents[..<middle])
        putBack(second)
        putBack(call)
        return []
    }

    private mutating func settle() {
        var count = 0
        while count < batches.count, batches[count].left == 0 {
            heldBytes -= batches[count].bytes
            count += 1
        }
        batches.removeFirst(count)
        settled += count
    }
}
