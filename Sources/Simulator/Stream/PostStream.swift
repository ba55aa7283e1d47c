internal import Synchronization
internal import Time

/// The one stream of records that all connections share, so that the next goes on where the last one stopped.
final class PostStream: Sendable {
    private struct State {
        var source: any PostSource
        /// Records that were taken but not sent, oldest first.
        var returned: [[UInt8]] = []
    }

    private let state: Mutex<State>
    private let beginning: any PostSource
    private let rules: RuleBook
    private let restarts: Bool

    init(
        _ configuration: SimulatorConfiguration,
        rules: RuleBook,
        world: PostWorld?,
        clock: WallClock
    ) throws(SimulatorError) {
        switch configuration.posts {
        case .generated(let seed, let start):
            let step: Duration =
                switch configuration.rate {
                case .perSecond(let rate): .microseconds(Int64(max(1, 1_000_000 / max(rate, 1e-6))))
                case .unlimited: .milliseconds(4)
                }
            beginning = PostGenerator(
                seed: seed,
                clock: start.map { PostClock(start: $0, step: step) } ?? PostClock(clock),
                world: world
            )
        case .file(let path, let rounds):
            beginning = try FilePosts(path: path, rounds: rounds)
        }
        state = Mutex(State(source: beginning))
        self.rules = rules
        restarts = configuration.restartsForEachConnection
    }

    /// A connection begins.
    func connect() {
        guard restarts else { return }
        state.withLock { $0 = State(source: beginning) }
    }

    /// Replaces the buffer's content by the next record with its CRLF; false where none is left.
    func next(_ view: PostView, into buffer: inout [UInt8]) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        let rules = rules.current
        return state.withLock {
            guard $0.returned.isEmpty else {
                buffer = $0.returned.removeFirst()
                return true
            }
            return $0.source.appendNext(rules: rules, view: view, to: &buffer)
        }
    }

    /// Takes back a record for the next connection.
    func putBack(_ record: [UInt8]) {
        state.withLock { $0.returned.append(record) }
    }
}
