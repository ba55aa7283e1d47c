internal import Time

/// Whether a sink takes documents, and how many calls at a time: halved when it pushes back, one more for each round of successes.
struct DeliveryGate: Sendable {
    /// Whether the sink takes documents.
    private(set) var circuit = DeliveryEngine.Circuit.closed
    /// Since when no call has succeeded, and why the last one did not; nil while calls succeed.
    private(set) var trouble: (since: Timestamp, reason: String)?
    /// Calls that may be under way at the same time.
    private(set) var window: Int
    /// With an open circuit, when the next single call tries the sink.
    private(set) var probeDue = Timestamp(rawValue: Int64.min)
    private let limits: DeliveryLimits
    private var successesInARow = 0
    private var pushBacksInARow = 0
    private var probeWait: Duration

    init(_ limits: DeliveryLimits) {
        self.limits = limits
        window = max(1, limits.calls)
        probeWait = limits.firstWait
    }

    /// Takes note of a call whose documents are all settled.
    mutating func succeed() {
        takesAgain()
        successesInARow += 1
        // A full window of successes earns one more.
        guard window < limits.calls, successesInARow >= window else { return }
        window += 1
        successesInARow = 0
    }

    /// Closes the circuit: the sink is there.
    mutating func takesAgain() {
        circuit = .closed
        trouble = nil
        pushBacksInARow = 0
        probeWait = limits.firstWait
    }

    /// Takes note of why a call did not succeed.
    mutating func noteTrouble(_ reason: String, _ now: Timestamp) {
        trouble = (trouble?.since ?? now, reason)
    }

    /// Halves the calls that may be under way.
    mutating func narrow() {
        window = max(1, window / 2)
        successesInARow = 0
    }

    /// Takes note of a call that was pushed back as a whole; whether so many were in a row that the sink is best left alone.
    mutating func isPushedTooOften() -> Bool {
        narrow()
        pushBacksInARow += 1
        return pushBacksInARow >= limits.pushBackLimit
    }

    /// Opens the circuit: a single call tries the sink after a wait that doubles each time.
    mutating func open(
        _ reason: String,
        isFault: Bool,
        _ now: Timestamp,
        _ chance: Double,
        atLeast: Duration? = nil
    ) {
        circuit = .open(reason: reason, isFault: isFault)
        window = 1
        successesInARow = 0
        probeDue = now + max(atLeast ?? .zero, probeWait * (0.5 + chance / 2))
        probeWait = min(limits.longestWait, probeWait * 2)
    }

    /// How long documents wait after a number of push-backs: doubling, between half and all of it by chance.
    func wait(after pushBacks: Int, _ chance: Double) -> Duration {
        let doubled = limits.firstWait * Double(1 << min(pushBacks, 20))
        return min(limits.longestWait, doubled) * (0.5 + chance / 2)
    }
}
