import Files
import Foundation
import HTTPClient
import Journal
import Refresher
import Simulator
import TestSupport
import Testing
import Time
import XAPI

/// `reprise refresh` is killed at random instants; the budget holds, and the ledger holds all that X billed.
@Suite(.timeLimit(.minutes(30)))
struct RefreshKillTests {
    private static let posts = 3_000
    private static let budget = 2_000

    /// REPRISE_TEST_BUDGET_SEEDS sets how many journals are refreshed so.
    @Test func aKillNeverLetsXBillMoreThanTheLedgerHolds() throws {
        let count = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_BUDGET_SEEDS"] ?? "") ?? 2
        var random = SeededRandom()
        for round in 0..<max(1, count / 10 + 1) {
            let fixture = try Self.fixture()
            let place: Comment = "round \(round), \(random)"
            var kills = 0
            for _ in 0..<12 {
                let process = try Self.start(fixture)
                // Only once lookups flow does the random instant begin.
                let before = fixture.simulator.lookupCount
                for _ in 0..<5_000 where process.isRunning && fixture.simulator.lookupCount == before {
                    sleepMilliseconds(2)
                }
                usleep(UInt32.random(in: 0..<30_000, using: &random))
                if process.isRunning {
                    kill(process.processIdentifier, SIGKILL)
                    kills += 1
                }
                process.waitUntilExit()
                try Self.check(fixture, place)
            }
            let last = try Self.start(fixture)
            last.waitUntilExit()
            #expect(last.terminationStatus == 0, place)
            try Self.check(fixture, place)
            let spent = try fixture.ledger().values.reduce(0, +)
            let billed = try fixture.lookedUpBilled().values.reduce(0, +)
            #expect(kills > 0 && spent == Self.budget, "\(place): \(kills) kills, \(spent) spent")
            // A kill costs the question in hand at most.
            #expect(billed >= Self.budget - 100 * kills, "\(place): \(billed) billed")
        }
    }

    @Test func aSecondProcessEndsAtOnceAndTriesLater() throws {
        let fixture = try Self.fixture { $0.faults = [LookupFault(.hang, requests: 1...Int.max)] }
        let first = try Self.start(fixture)
        for _ in 0..<5_000 where first.isRunning && fixture.simulator.lookupCount == 0 { sleepMilliseconds(2) }
        let second = try Self.start(fixture)
        second.waitUntilExit()
        #expect(second.terminationStatus == 75 && fixture.simulator.lookupCount == 1)
        // Ctrl-C ends the wait for the answer.
        let watch = Stopwatch()
        kill(first.processIdentifier, SIGINT)
        first.waitUntilExit()
        #expect(first.terminationReason == .exit && first.terminationStatus == 0)
        #expect(watch.elapsed < .seconds(15), "the request alone would take 20 s")
        try Self.check(fixture, "stopped")
        #expect(try JournalVerification(of: Journal(directory: fixture.journal), jobs: 1).findings.isEmpty)
    }

    /// Each read is billed anew, so that the stream's own charges hide none.
    private static func fixture(_ change: (inout LookupSettings) -> Void = { _ in }) throws -> MoneyFixture {
        let fixture = try MoneyFixture(batch: posts, start: WallClock.system.now) {
            $1.deduplicatesCharges = false
            change(&$1)
        }
        // Two hours ago by our clock, so that they are due.
        fixture.ahead = .seconds(-7_200)
        try fixture.stream()
        return fixture
    }

    private static func start(_ fixture: MoneyFixture) throws -> Process {
        let process = Process()
        process.executableURL = try program("reprise")
        process.arguments = [
            "refresh", "--journal", fixture.journal, "--budget", "\(budget)/month", "--billing", "none", "--reposts",
            "--schedule", "1h", "--quiet",
        ]
        process.environment = ["X_API_URL": fixture.simulator.url, "HOME": fixture.folder.path, "LC_ALL": "C.UTF-8"]
            .merging(Process.inheritedEnvironment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Tests run on Dispatch's threads, which block signals, and a program inherits that.
        var (none, previous) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try process.start()
        return process
    }

    private static func check(_ fixture: MoneyFixture, _ place: Comment) throws {
        let spent = try fixture.ledger().values.reduce(0, +)
        let billed = try fixture.lookedUpBilled().values.reduce(0, +)
        #expect(billed <= spent && spent <= budget, "\(place): \(billed) billed, \(spent) in the ledger")
    }

    /// A program stands beside the test's own.
    private static func program(_ name: String) throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var folder = URL(fileURLWithPath: own).deletingLastPathComponent()
        for _ in 0..<4 {
            let program = folder.appendingPathComponent(name)
            if FileManager.default.isExecutableFile(atPath: program.path) { return program }
            folder.deleteLastPathComponent()
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
