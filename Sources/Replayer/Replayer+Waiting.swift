internal import Sinks
internal import Time
internal import Transform

/// When a follower delivers, and when it rests.
extension Replayer {
    /// Notes until when a batch waits whose first record has just been read: its age counts, by the clock of that moment alone.
    func noteDeadline() {
        guard let arrivals else { return fillDeadline = nil }
        guard fillDeadline == nil, configuration.flushInterval > .zero else { return }
        let age = max(.zero, clock.now - arrivals.first)
        fillDeadline = steady.now + max(.zero, configuration.flushInterval - age)
    }

    /// How long a batch that is not full may wait for more documents; nil where what is read is delivered now.
    func timeToFill() -> Duration? {
        guard isAtEnd, configuration.isFollowing, !hasReachedLimit, !batch.isEmpty, let fillDeadline else { return nil }
        let left = fillDeadline - steady.now
        return left > .zero ? left : nil
    }

    /// Whether a follower has just been without anything new for so long that its checkpoint is worth saving.
    func comesToRest(_ isIdle: Bool) -> Bool {
        guard isAtEnd, isIdle, batch.isEmpty, configuration.isFollowing else {
            restingSince = nil
            return false
        }
        let since = restingSince ?? steady.now
        restingSince = since
        return steady.now - since >= Replayer.restInterval
    }

    /// A record stands in the journal within this time of its arrival, or no clock could say that none will come any more.
    static let lateness = Duration.seconds(60)

    static let restInterval = Duration.milliseconds(200)

    /// How long the oldest record has been there that is not settled, zero where all are.
    var lag: Duration? {
        guard configuration.isFollowing else { return nil }
        let oldest = settlement.oldest ?? arrivals?.first ?? (isAtEnd ? nil : settlement.newest)
        return oldest.map { max(.zero, clock.now - $0) } ?? .zero
    }
}
