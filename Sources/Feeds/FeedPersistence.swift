public import Failures
internal import Sinks

/// The one retry policy of feeds: which failures of a sink are waited out, and for how long.
///
/// | | may pass (network, names, 429, 5xx) | anything else |
/// |---|---|---|
/// | `bounded` | retried until the time is over, then the feed fails | the feed fails at once |
/// | `following` | retried until the shutdown | the feed fails at once |
/// | `permanent` | retried until the shutdown | retried until the shutdown, less often |
public enum FeedPersistence: Sendable, Equatable {
    /// For a replay that ends, after a time without success.
    case bounded(giveUpAfter: Duration)
    /// For a follower whose command ends with it.
    case following
    /// For a feed beside a recorder, which it never stops.
    case permanent

    /// What the delivery to a remote sink does meanwhile.
    var patience: DeliveryPatience {
        if case .bounded(let limit) = self { .givingUp(after: limit) } else { .endless }
    }

    /// How long to wait before the feed is opened again; nil where it fails for good.
    ///
    /// - Parameters:
    ///   - failures: failures in a row before this one.
    ///   - troubled: the time since the first of them.
    ///   - chance: 0 ..< 1.
    public func wait(after cause: FailureCause, failures: Int, troubled: Duration, chance: Double) -> Duration? {
        if case .permanent = self { return Backoff.fitting(cause).wait(after: failures, chance: chance) }
        guard FeedPersistence.passing.contains(cause) else { return nil }
        // Somebody waits for it: a reader that comes a little late is met soon.
        let wait = Backoff(first: .milliseconds(100), longest: .seconds(10)).wait(after: failures, chance: chance)
        guard case .bounded(let limit) = self else { return wait }
        return troubled < limit ? min(wait, limit - troubled) : nil
    }

    private static let passing: Set<FailureCause> = [.network, .nameResolution, .rateLimited, .serverFault]
}
