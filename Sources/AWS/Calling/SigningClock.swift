internal import Synchronization
public import Time

/// The time as AWS has it: this machine's, and how far it is off, once an answer's `Date` has shown that.
public final class SigningClock: Sendable {
    private let clock: WallClock
    private let offset = Mutex(Duration.zero)

    /// A request may be five minutes off; what is less than this is left as it is.
    private static let tolerance = Duration.seconds(240)

    /// Makes a clock that trusts this machine's until it learns better.
    public init(_ clock: WallClock = .system) { self.clock = clock }

    /// The time to sign with.
    public var now: Timestamp { clock.now + offset.withLock { $0 } }

    /// Takes a service's own time over, where a request was signed too far from it.
    ///
    /// - Returns: whether it has changed anything, so that the same request may succeed now.
    func learn(_ theirs: Timestamp, signedAt: Timestamp) -> Bool {
        let difference = theirs - signedAt
        guard difference >= SigningClock.tolerance || difference <= .zero - SigningClock.tolerance else { return false }
        offset.withLock { $0 = theirs - clock.now }
        return true
    }
}
