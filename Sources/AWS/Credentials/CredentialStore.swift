internal import Synchronization
internal import Time

/// The credentials that count now, for several threads: asked for once, and again before they expire.
public final class CredentialStore: Sendable {
    private struct State {
        var credentials: AWSCredentials?
        var lastTry: Timestamp?
    }

    private let find: @Sendable (() -> Bool) throws(AWSError) -> AWSCredentials
    private let clock: SigningClock
    private let state = Mutex(State())

    /// From here on before they expire, new ones are asked for.
    private static let refresh = Duration.seconds(15 * 60)
    /// While the old ones are valid, how often new ones are asked for.
    private static let pause = Duration.seconds(60)

    /// Makes a store over the chain; nothing is looked for yet.
    public convenience init(_ chain: CredentialChain, clock: SigningClock) {
        self.init(clock: clock) { isCancelled throws(AWSError) in try chain.find(isCancelled: isCancelled) }
    }

    init(clock: SigningClock, find: @escaping @Sendable (() -> Bool) throws(AWSError) -> AWSCredentials) {
        self.clock = clock
        self.find = find
    }

    /// The credentials to sign with; others wait while one thread looks for them.
    ///
    /// Where no new ones are to be had, the old ones serve as long as they are valid.
    ///
    /// - Throws: `AWSError` where there are none.
    public func current(isCancelled: () -> Bool = { false }) throws(AWSError) -> AWSCredentials {
        try state.withLock { (state) throws(AWSError) in
            let now = clock.now
            if let held = state.credentials, isUsable(held, at: now, state.lastTry) { return held }
            state.lastTry = now
            do throws(AWSError) {
                let found = try find(isCancelled)
                state.credentials = found
                return found
            } catch {
                if let held = state.credentials, let end = held.expiration, end > now { return held }
                throw error
            }
        }
    }

    /// Takes credentials out that a service has found expired, unless newer ones are there already.
    public func forget(_ credentials: AWSCredentials) {
        state.withLock { if $0.credentials == credentials { $0 = State() } }
    }

    private func isUsable(_ held: AWSCredentials, at now: Timestamp, _ lastTry: Timestamp?) -> Bool {
        guard let end = held.expiration else { return true }
        let left = end - now
        if left > CredentialStore.refresh { return true }
        guard left > .zero, let lastTry else { return false }
        return now - lastTry < CredentialStore.pause
    }
}
