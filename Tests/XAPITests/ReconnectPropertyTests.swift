import TestSupport
import Testing
import Time
import XAPI

struct ReconnectPropertyTests {
    // X's own advice: a correct back-off never earns a 429. The server here counts attempts in fixed windows of 15 minutes.
    @Test(arguments: 0..<40) func aCorrectBackoffNeverEarnsARateLimit(_ round: Int) {
        var random = SeededRandom()
        let mood = Mood.allCases[round % Mood.allCases.count]
        let seed = "\(random) \(mood)"
        var policy = ReconnectPolicy()
        var now = MonotonicTime(sinceStart: .microseconds(Int64.random(in: 0..<900_000_000, using: &random)))
        let end = now + .seconds(6 * 3_600)
        var windows: [Int64: Int] = [:]
        while now < end {
            policy.attempt(at: now)
            let (outcome, took) = mood.outcome(&random)
            let window = (now - MonotonicTime(sinceStart: .zero)).components.seconds / 900
            if case .unreachable = outcome {} else { windows[window, default: 0] += 1 }
            #expect(windows[window, default: 0] <= 50, "\(seed)")
            now = now + took
            guard case .wait(let delay, _) = policy.decide(outcome, at: now, random: .random(in: 0..<1, using: &random))
            else {
                Issue.record("stopped: \(seed)")
                return
            }
            // A recorder that is not told to wait is never away for longer than the longest class.
            #expect(delay >= .zero && delay <= .seconds(320), "\(seed)")
            now = now + delay
        }
        #expect(mood == .unreachable || windows.values.reduce(0, +) > 60, "\(seed)")
    }

    enum Mood: CaseIterable {
        case dropsAtOnce, dropsSoon, unreachable, fails, mixed

        func outcome(_ random: inout SeededRandom) -> (ConnectionOutcome, Duration) {
            let life: Duration
            switch self {
            case .dropsAtOnce: life = .milliseconds(Int.random(in: 0...20, using: &random))
            case .dropsSoon: life = .seconds(Int.random(in: 1...90, using: &random))
            case .unreachable: return (.unreachable(), .milliseconds(2))
            case .fails: return (.refused(status: 503, problem: nil, rateLimit: nil), .milliseconds(80))
            case .mixed:
                let moods: [Mood] = [.dropsAtOnce, .dropsSoon, .unreachable, .fails]
                return moods[Int.random(in: 0..<4, using: &random)].outcome(&random)
            }
            return (.dropped(after: life, rateLimit: nil), life)
        }
    }
}
