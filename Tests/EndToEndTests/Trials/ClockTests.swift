import Foundation
import Journal
import Simulator
import Synchronization
import TestSupport
import Testing

/// The machine's clock is set while something is waited for: the wait is as long as it would have been.
@Suite(.timeLimit(.minutes(10)))
struct ClockTests {
    private static let steps = [Duration.seconds(3_600), .seconds(-3_600), .seconds(172_800), .seconds(-172_800)]

    /// An engine that is too busy until it is told that it is not.
    private final class BusyEngine: Sendable {
        private final class State: Sendable {
            let value = Mutex((isBusy: true, refused: 0, taken: 0))
        }

        let server: ScriptedServer
        private let state: State

        init() {
            let state = State()
            self.state = state
            server = ScriptedServer { connection in
                let isBusy = state.value.withLock {
                    if $0.isBusy { $0.refused += 1 } else { $0.taken += 1 }
                    return $0.isBusy
                }
                guard !isBusy else {
                    connection.answer(status: "429 Too Many Requests", body: #"{"error":"busy"}"#)
                    return
                }
                let documents = connection.body.split(separator: 10).count / 2
                let items = Array(repeating: #"{"index":{"status":201}}"#, count: documents).joined(separator: ",")
                connection.answer(status: "200 OK", body: #"{"errors":false,"items":[\#(items)]}"#)
            }
        }

        deinit { server.stop() }

        var refused: Int { state.value.withLock { $0.refused } }

        func recover() { state.value.withLock { $0.isBusy = false } }
    }

    @Test(.needs(.cCompiler)) func anOutageOfASinkEndsWhenTheSinkIsBackWhateverTheClockSays() {
        let found = sideBySide(Self.steps) { try Self.problemsOfAnOutage($0) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    private static func problemsOfAnOutage(_ step: Duration) throws -> [String] {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        for id in 0..<50 {
            let post = #"{"data":{"id":"\#(id)","text":"post"},"matching_rules":[{"id":"1","tag":"cats"}]}"# + "\r\n"
            try Array(post.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
        let (clock, engine) = (try ShiftedClock(in: folder), BusyEngine())
        let words = [
            "replay", "--journal", "journal", "--no-setup", "--give-up-after", "50s", "--sink",
            "elasticsearch:\(engine.server.url)/posts",
        ]
        let program = try RunningProgram(Surroundings.reprise(), words, in: folder, environment: clock.environment)
        _ = try until("two refusals; \(program.errors)") { engine.refused > 1 ? true : nil }
        try clock.set(by: step)
        // Waits that began before the step, and after it.
        let before = engine.refused
        _ = try until("two more tries", seconds: 30) {
            !program.isRunning || engine.refused > before + 1 ? true : nil
        }
        engine.recover()
        let start = ContinuousClock.now
        let result = try program.wait(seconds: 60)
        let took = ContinuousClock.now - start
        return result.status == 0 && took < .seconds(25) ? [] : ["\(result.status) after \(took): \(result.errors)"]
    }

    @Test(.needs(.cCompiler)) func aRefreshPassWaitsForXsWindowAndNoLonger() {
        let found = sideBySide(Self.steps) { try Self.problemsOfAPass($0) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    private static func problemsOfAPass(_ step: Duration) throws -> [String] {
        let trial = try RefreshTrial(posts: 300) {
            $0.faults = [LookupFault(.refuse(status: 429), request: 1)]
        } simulator: {
            $0.refusalDelay = .seconds(4)
        }
        let clock = try ShiftedClock(in: trial.folder)
        let program = try trial.start(["--json"], environment: clock.environment)
        // X's time is looked at once more when an answer comes, so the answer has to be here: the program says that it waits.
        _ = try until("the wait") { try trial.simulator.lookupCount > 0 && !program.errors.isEmpty ? true : nil }
        let start = ContinuousClock.now
        try clock.set(by: step)
        let result = try program.wait(seconds: 60)
        let took = ContinuousClock.now - start
        // Where the clock is found to be wrong the pass may end there, and says so; the wait is the same.
        let isDone = result.status == 0 && result.text.contains(#""done""#)
        let isTold = result.status == 75 && result.errors.contains("clock")
        let isInTime = took > .seconds(1.5) && took < .seconds(20)
        return (isDone || isTold) && isInTime ? [] : ["\(result.status) after \(took): \(result.errors)\(result.text)"]
    }
}
