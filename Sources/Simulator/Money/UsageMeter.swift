internal import Synchronization
internal import Time

/// Charges for posts as X does: each one returned, once per UTC day.
///
/// The ids of the present day are kept, of days before only the numbers; a clock set back to an earlier day charges anew.
final class UsageMeter: Sendable {
    private struct State {
        var usage = SimulatedUsage()
        var today: Set<UInt64> = []
        var billedCount = 0
        var cap: Int?
    }

    private static let day: Int64 = 86_400_000_000

    private let state: Mutex<State>
    private let clock: WallClock
    private let deduplicates: Bool

    init(clock: WallClock, deduplicates: Bool, cap: Int?) {
        self.clock = clock
        self.deduplicates = deduplicates
        state = Mutex(State(cap: cap))
    }

    /// Charges for posts that were returned now.
    func charge(_ ids: [UInt64]) {
        let now = clock.now.rawValue
        let start = Timestamp(rawValue: now - (now % Self.day + Self.day) % Self.day)
        state.withLock { state in
            if state.usage.days.last?.start != start {
                state.today.removeAll(keepingCapacity: true)
                state.usage.days.append(SimulatedUsage.Day(start: start))
            }
            let known = state.today.count
            for id in ids { state.today.insert(id) }
            let newCount = state.today.count - known
            let billedCount = deduplicates ? newCount : ids.count
            state.usage.days[state.usage.days.count - 1].add(
                returned: ids.count,
                distinct: newCount,
                billed: billedCount
            )
            state.billedCount += billedCount
        }
    }

    var usage: SimulatedUsage { state.withLock { $0.usage } }

    /// Whether the credits are gone.
    var isSpent: Bool {
        state.withLock { state in state.cap.map { state.billedCount >= $0 } ?? false }
    }

    func setCap(_ cap: Int?) {
        state.withLock { $0.cap = cap }
    }
}

extension SimulatedUsage.Day {
    fileprivate mutating func add(returned: Int, distinct: Int, billed: Int) {
        returnedCount += returned
        distinctCount += distinct
        billedCount += billed
    }
}
