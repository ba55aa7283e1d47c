internal import Failures
public import Time

/// When to connect again: the classes X publishes, as a pure state machine without clock, sleep or randomness of its own.
///
/// | the attempt ended with | 1st | 2nd | 3rd | 4th | … | at most |
/// |---|---|---|---|---|---|---|
/// | an open stream that dropped | at once | at once | … | | | see below |
/// | drops of streams shorter than `shortLife` | at once | 250 ms | 500 ms | 750 ms | +250 ms | 16 s |
/// | no answer | 250 ms | 500 ms | 750 ms | 1 s | +250 ms | 16 s |
/// | 5xx, 408, an untrusted certificate | 5 s | 10 s | 20 s | 40 s | doubling | 320 s |
/// | a portal or proxy instead of X | 5 s | 10 s | 20 s | 40 s | doubling | 320 s |
/// | 429 | 60 s | 120 s | 240 s | 480 s | doubling | 960 s |
/// | 429 with nothing remaining and a reset to come | until the reset | | | | | an hour |
/// | "being provisioned" | 60 s | 60 s | 60 s | 60 s | | 60 s |
///
/// Other statuses, and a 429 that means a cap on posts, stop: waiting does not cure them. Up to a fifth is added as jitter
/// where a cap allows it. Whatever the class, attempts are spaced so that no more than `connectsPerWindow` of those that X
/// answered fall into any `window`: X allows 50 in 15 minutes, and streams that drop as soon as they open would soon earn a 429.
public struct ReconnectPolicy: Sendable {
    /// Settings; the defaults are what X publishes.
    public struct Configuration: Sendable, Hashable {
        /// Attempts that fit into a window, a few fewer than X allows.
        public var connectsPerWindow = 45
        /// The window of X's limit on connections.
        public var window = Duration.seconds(900)
        /// A stream that was open for less counts as a failed attempt.
        public var shortLife = Duration.seconds(60)
        /// Multiplies every wait; 1 but in tests and drills.
        public var timeScale = 1.0

        /// Makes settings.
        public init(timeScale: Double = 1) {
            self.timeScale = max(0, timeScale)
        }
    }

    private enum Failure: Hashable { case shortDrop, network, server, rateLimit, foreign }

    private let configuration: Configuration
    /// The class of the last failures, and how many of that class came in a row.
    private var row: (failure: Failure, count: Int)?
    /// When the newest attempts began that X answered, oldest first; never more than `connectsPerWindow`.
    private var attempts: [MonotonicTime] = []
    /// When the attempt in hand began.
    private var begun: MonotonicTime?

    /// Makes a policy that has seen nothing yet.
    public init(_ configuration: Configuration = .init()) {
        self.configuration = configuration
    }

    /// Notes that an attempt begins.
    public mutating func attempt(at now: MonotonicTime) {
        begun = now
    }

    /// Decides what follows an attempt.
    ///
    /// - Parameters:
    ///   - outcome: how it ended.
    ///   - now: the time, by a clock that never steps.
    ///   - random: 0 up to, but not including, 1; for the jitter.
    /// - Returns: how long to wait, or why waiting is of no use.
    public mutating func decide(
        _ outcome: ConnectionOutcome,
        at now: MonotonicTime,
        random: Double
    ) -> ReconnectDecision {
        noteAnswer(outcome)
        switch outcome {
        case .dropped(let life, let rateLimit):
            var delay = Duration.zero
            if life < scaled(configuration.shortLife) {
                // The first one is the drop of an established connection like any other.
                delay = linear(count(.shortDrop) - 1)
            } else {
                row = nil
            }
            if rateLimit?.remaining == 0, let reset = rateLimit?.reset, reset > now {
                return wait(untilReset: reset, now, random, "no connection attempts left in this window")
            }
            return wait(delay, upTo: .seconds(16), now, random, "the stream dropped")
        case .unreachable(let cause):
            // No certificate is put right within a second, and a server that failed needs the time of one that says so.
            guard cause.kind == .retry, cause != .serverFault else {
                return server(now, random, "no usable answer")
            }
            return wait(linear(count(.network)), upTo: .seconds(16), now, random, "no answer")
        case .refused(let status, let problem, let rateLimit):
            return refused(status, problem, rateLimit, now, random)
        case .foreign:
            let delay = exponential(.seconds(5), count(.foreign), cap: .seconds(320))
            return wait(delay, upTo: .seconds(320), now, random, "\(XAPIError.foreigner), not X")
        }
    }

    // MARK: - Statuses

    private mutating func refused(
        _ status: Int,
        _ problem: Problem?,
        _ rateLimit: RateLimit?,
        _ now: MonotonicTime,
        _ random: Double
    ) -> ReconnectDecision {
        if problem?.connectionIssue == "ProvisioningSubscription" {
            return wait(.seconds(60), upTo: nil, now, random, "the subscription is being provisioned")
        }
        if let reason = StopReason(status: status, problem: problem) { return .stop(reason) }
        guard status == 429 else { return server(now, random, "status \(status)") }
        let delay = exponential(.seconds(60), count(.rateLimit), cap: .seconds(960))
        if problem?.isTooManyConnections == true {
            // Its headers may say that requests remain: they are about the rate, not about this.
            return wait(
                delay,
                upTo: nil,
                now,
                random,
                "another connection with this token is open; end it, or wait until X notices that it is gone"
            )
        }
        if rateLimit?.remaining == 0, let reset = rateLimit?.reset, reset > now {
            return wait(untilReset: reset, now, random, "the rate limit is used up")
        }
        return wait(delay, upTo: nil, now, random, "the rate limit is used up")
    }

    private mutating func server(_ now: MonotonicTime, _ random: Double, _ reason: String) -> ReconnectDecision {
        let delay = exponential(.seconds(5), count(.server), cap: .seconds(320))
        return wait(delay, upTo: .seconds(320), now, random, reason)
    }

    // MARK: - Arithmetic

    /// Takes room in X's window, unless X never saw the attempt.
    private mutating func noteAnswer(_ outcome: ConnectionOutcome) {
        defer { begun = nil }
        guard let begun else { return }
        switch outcome {
        case .unreachable, .foreign: return
        case .dropped, .refused: break
        }
        attempts.append(begun)
        if attempts.count > max(1, configuration.connectsPerWindow) { attempts.removeFirst() }
        // Those that X has forgotten must not hide how much room there is: the rest of it is spread in time then, not used up
        // in a row with one long wait behind it.
        let window = scaled(configuration.window)
        attempts.removeAll { $0 + window <= begun }
    }

    /// Counts failures of one class in a row; another class begins anew.
    private mutating func count(_ failure: Failure) -> Int {
        let count = row?.failure == failure ? (row?.count ?? 0) + 1 : 1
        row = (failure, count)
        return count
    }

    /// 250 ms for each failure, 16 s at most.
    private func linear(_ count: Int) -> Duration {
        .milliseconds(250) * min(count, 64)
    }

    /// Doubles with each failure; the power is bounded before it is taken.
    private func exponential(_ first: Duration, _ count: Int, cap: Duration) -> Duration {
        min(first * (1 << min(count - 1, 16)), cap)
    }

    private func scaled(_ duration: Duration) -> Duration {
        configuration.timeScale == 1 ? duration : duration * configuration.timeScale
    }

    private func wait(
        untilReset reset: MonotonicTime,
        _ now: MonotonicTime,
        _ random: Double,
        _ reason: String
    ) -> ReconnectDecision {
        // Resets are whole seconds, and two clocks never agree: a second more, and no more than an hour if one is far off.
        let delay = min(reset - now, .seconds(3_600)) + .seconds(1)
        return wait(delay, upTo: nil, now, random * 0.1, reason)
    }

    /// Adds jitter, keeps the space between attempts, scales.
    private func wait(
        _ delay: Duration,
        upTo cap: Duration?,
        _ now: MonotonicTime,
        _ random: Double,
        _ reason: String
    ) -> ReconnectDecision {
        var jittered = delay + delay * (0.2 * min(max(random, 0), 1))
        if let cap { jittered = min(jittered, cap) }
        jittered = scaled(jittered)
        let room = roomWait(at: now)
        if room > jittered { return .wait(room, reason: "\(reason); keeping within X's limit on connections") }
        return .wait(max(jittered, .zero), reason: reason)
    }

    /// The wait that keeps any window within its number of connections: spread evenly once half of them are used.
    private func roomWait(at now: MonotonicTime) -> Duration {
        guard let oldest = attempts.first else { return .zero }
        let left = max(0, max(1, configuration.connectsPerWindow) - attempts.count)
        guard left <= configuration.connectsPerWindow / 2 else { return .zero }
        return max(.zero, oldest + scaled(configuration.window) - now) / (left + 1)
    }
}
