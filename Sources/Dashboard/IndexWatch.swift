internal import Synchronization
internal import Time

/// Decides when a new summary is due: the index changed or a new day began, and the last event is long enough ago; or it is so
/// long ago that the page's "as of" would look old although nothing has happened.
struct IndexWatch {
    private let eventInterval: Duration
    private let quietInterval: Duration
    private var counter: Int64?
    private var day: Timestamp?
    private var sinceLastEvent: Stopwatch?

    init(eventInterval: Duration, quietInterval: Duration) {
        self.eventInterval = eventInterval
        self.quietInterval = quietInterval
    }

    /// Whether to make a summary now; if so, the state is taken for told.
    mutating func isDue(counter: Int64, now: Timestamp) -> Bool {
        let elapsed = sinceLastEvent?.elapsed
        let isChanged = counter != self.counter || now.startOfDay != day
        if let elapsed, elapsed < (isChanged ? eventInterval : quietInterval) { return false }
        self.counter = counter
        day = now.startOfDay
        sinceLastEvent = Stopwatch()
        return true
    }

    /// Makes the next answer a yes: what was taken for told could not be read.
    mutating func retry() {
        counter = nil
    }
}

/// Whether the index could be read lately.
final class HealthCheck: Sendable {
    private struct State {
        var failure: String?
        var sinceLastSuccess: Stopwatch?
        var sinceFailure: Stopwatch?
        var isReported = false
    }

    private let state = Mutex(State())

    /// Nil while all is well, else why not.
    var problem: String? {
        state.withLock { state in
            guard state.failure == nil else { return state.failure }
            guard let stopwatch = state.sinceLastSuccess else { return "starting" }
            return stopwatch.elapsed < .seconds(10) ? nil : "the index has not answered for 10 s"
        }
    }

    /// Notes a success; true where it follows a failure that was reported.
    func succeeded() -> Bool {
        state.withLock { state in
            state.sinceLastSuccess = Stopwatch()
            state.sinceFailure = nil
            state.failure = nil
            defer { state.isReported = false }
            return state.isReported
        }
    }

    /// Notes a failure; true once it has lasted so long that it is worth a line: an index may just be about to be created.
    func failed() -> Bool {
        state.withLock { state in
            state.failure = "the index cannot be read"
            let since = state.sinceFailure ?? Stopwatch()
            state.sinceFailure = since
            guard !state.isReported, since.elapsed >= HealthCheck.patience else { return false }
            state.isReported = true
            return true
        }
    }

    private static let patience = Duration.seconds(2)
}
