internal import Failures
internal import Time

/// Whether a sink takes documents, and how many calls at a time: halved when it pushes back, one more for each round of successes.
struct DeliveryGate: Sendable {
    /// Whether the sink takes documents.
    private(set) var circuit = DeliveryEngine.Circuit.closed
    /// Why the last call did not succeed; nil while calls succeed.
    private(set) var lastFailure: (cause: FailureCause, reason: String)?
    /// Calls that may be under way at the same time.
    private(set) var window: Int
    /// With an open circuit, when the next single call tries the sink.
    private(set) var probeDue = MonotonicTime.distantPast
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
        lastFailure = nil
        pushBacksInARow = 0
        probeWait = limits.firstWait
    }

    /// Takes note of why a call did not succeed.
    mutating func noteFailure(_ cause: FailureCause, _ reason: String) {
        lastFailure = (cause, reason)
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
        _ cause: FailureCause,
        _ reason: String,
        _ now: MonotonicTime,
        _ chance: Double,
        atLeast: Duration? = nil
    ) {
        noteFailure(cause, reason)
        circuit = .open(reason: reason, cause: cause)
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
