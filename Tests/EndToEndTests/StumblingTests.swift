import Foundation
import Journal
import SQLite
import TestSupport
import Testing
import Time

/// What strangers stumbled over when they used it for the first time.
@Suite(.timeLimit(.minutes(20)))
struct StumblingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A record a second, the first at 2026-05-28 20:26:40 UTC.
    private func record(_ count: Int) throws {
        let clock = ManualClock(Timestamp(microseconds: 1_780_000_000_000_000))
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered, clock: clock.clock)
        for id in 1...count {
            let line = #"{"data":{"id":"\#(id)","text":"a"},"matching_rules":[{"id":"1","tag":"cats"}]}"# + "\r\n"
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
            clock.advance(by: .seconds(1))
        }
        try writer.close()
    }

    private func reprise(_ words: [String], _ environment: [String: String] = [:]) throws -> RunningProgram.Result {
        try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment).wait()
    }

    @Test(arguments: [
        (["refresh", "--dry-run", "--journal", "journal", "--schedule", "60s"], ["--schedule", "minutes", "15m,1h"]),
        (["record", "--disk-floor", "1XB"], ["--disk-floor", "500MB", "1TB"]),
        (
            ["replay", "--journal", "journal", "--from", "2026-05-28T20:26:40+1"],
            ["--from", "2026-11-24T08:33:00Z", "-2h"]
        ),
    ])
    func aRefusedValueIsToldWithWhatIsWanted(words: [String], wanted: [String]) throws {
        try record(1)
        let result = try reprise(words)
        #expect(result.status == 64 && result.output.isEmpty, "\(result.status)")
        for text in wanted { #expect(result.errors.contains(text), "\(result.errors)") }
    }

    @Test(arguments: ["1TB", "16GiB", "0"]) func aFloorOfAnySizeIsRead(size: String) throws {
        let result = try reprise(["record", "--disk-floor", size, "--once"])
        // It is X's token that is missing.
        #expect(result.status == 78 && result.errors.contains("BEARER_TOKEN"), "\(result.status) \(result.errors)")
    }

    @Test func settingsThatAreAFIFOHoldNobodyUpAndAnEmptyVariableNamesNone() throws {
        try record(1)
        let words = ["journal", "info", "--journal", "journal"]
        #expect(try reprise(words, ["REPRISE_CONFIG": ""]).status == 0)
        try #require(mkfifo(folder.path + "/reprise.yaml", 0o600) == 0)
        let result = try reprise(words)
        #expect(result.status == 78 && result.errors.contains("is a FIFO"), "\(result.status) \(result.errors)")
    }

    @Test func aTimeWithoutAZoneIsUTCWhereverTheMachineStands() throws {
        try record(60)
        func count(_ from: String) throws -> Int {
            let words = ["replay", "--journal", "journal", "--from", from]
            let result = try reprise(words, ["TZ": "America/New_York"])
            #expect(result.status == 0, "\(result.errors)")
            return result.output.count { $0 == 10 }
        }
        for time in [
            "2026-05-28T20:27:10", "2026-05-28 20:27:10", "2026-05-28T20:27:10Z", "2026-05-28T21:27:10+0100",
            "2026-05-28T16:27:10-04:00",
        ] {
            #expect(try count(time) == 30, "\(time)")
        }
        #expect(try count("2026-05-28") == 60)
        #expect(try reprise(["replay", "--help"]).text.contains("UTC"))
    }

    @Test func anIndexThatIsLockedMayBeTriedAgain() throws {
        try record(5)
        let words = ["replay", "--journal", "journal", "--sink", "sqlite:index.sqlite", "--give-up-after", "1s"]
        #expect(try reprise(words).status == 0)
        let other = try Connection(path: folder.path + "/index.sqlite")
        try other.execute("BEGIN EXCLUSIVE")
        let result = try reprise(words)
        #expect(result.status == 75 && result.errors.contains("index.sqlite"), "\(result.status) \(result.errors)")
        try other.execute("ROLLBACK")
        #expect(try reprise(words).status == 0)
    }

    @Test(.needs(.tool("script"))) func severalSinksTellHowFarTheyAreOnANarrowTerminal() throws {
        try record(2_000)
        let program = "'\(try Surroundings.reprise())' replay --journal journal"
        let line = "stty cols 80; \(program) --sink ndjson:a.ndjson --sink sqlite:b.sqlite"
        let text = try output(of: Surroundings.path(.tool("script")), ["-qec", line, "/dev/null"], in: folder)
        let shown = String(decoding: text, as: UTF8.self)
        #expect(shown.contains(/replaying: \d+ %, [^\r\n]* documents/), "\(shown.debugDescription)")
    }

    @Test func anExplanationTellsThatAPostWasPutOffAndUntilWhen() throws {
        let trial = try RefreshTrial(posts: 20)
        let id = try #require(trial.readable.first)
        #expect(try !trial.refresh("--explain", "\(id)").text.contains("put off"))
        // The journal's posts stand in the file from the first pass on.
        #expect(try trial.refresh("--max-reads", "1").status == 0)
        let until = WallClock.system.now + .seconds(3_600)
        let posts = try Connection(path: trial.journal + "/posts.sqlite")
        try posts.execute("INSERT INTO put_off (id, times, until) VALUES (\(id), 3, \(until.rawValue))")
        let told = try trial.refresh("--explain", "\(id)").text
        #expect(told.contains("put off until \(until.rfc3339)") && told.contains("3 times in a row"), "\(told)")
    }
}
