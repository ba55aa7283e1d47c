import Foundation

/// How large the trials are: a small form in `make test`, the full one in `make soak`.
enum TrialSize {
    private static let environment = ProcessInfo.processInfo.environment

    /// REPRISE_TEST_TRIAL_SECONDS: how long each situation lasts beside a recording.
    static let seconds = number("REPRISE_TEST_TRIAL_SECONDS") ?? 4
    /// REPRISE_TEST_TRIAL_CALLS: failing calls for each sink, a sample; `all` for each call there is.
    static let calls =
        environment["REPRISE_TEST_TRIAL_CALLS"] == "all" ? Int.max : number("REPRISE_TEST_TRIAL_CALLS") ?? 12
    /// REPRISE_TEST_TRIAL_KILLS: kills of `replay --follow`, and of `run`.
    static let kills = number("REPRISE_TEST_TRIAL_KILLS") ?? 6

    /// What a program is given to end, where that many seconds are promised.
    ///
    /// A machine that runs all tests at once is busy; what these trials are about took minutes, or for ever.
    static func limit(_ promised: Double) -> Double {
        number("REPRISE_TEST_TRIAL_SECONDS") == nil ? promised + 8 : promised
    }

    private static func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
}
