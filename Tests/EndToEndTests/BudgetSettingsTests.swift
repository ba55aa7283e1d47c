import Foundation
import TestSupport
import Testing

/// Budgets as a user writes them: one settings file for all commands, and no spelling that is read in another way.
@Suite(.timeLimit(.minutes(20)))
struct BudgetSettingsTests {
    private func reprise(
        _ folder: TemporaryFolder,
        _ words: [String],
        _ environment: [String: String] = [:]
    ) throws
        -> RunningProgram.Result
    {
        try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment).wait(seconds: 30)
    }

    private func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test(arguments: ["record", "run", "refresh"]) func anAmbiguousBudgetIsAUsageErrorWithExamples(
        command: String
    ) throws {
        let folder = try TemporaryFolder()
        _ = try reprise(folder, ["record", "--budget", "0", "--journal", "j"], ["X_API_URL": "http://127.0.0.1:9"])
        let option = command == "refresh" ? "refresh-budget" : "budget"
        let x = ["X_API_URL": "http://127.0.0.1:9"]
        for text in ["$0,50/day", "$1,5/day", "1.000", "$1.000/day"] {
            let result = try reprise(folder, [command, "--journal", "j", "--\(option)", text], x)
            #expect(result.status == 64, "\(text): \(result.status) \(result.errors)")
            for part in ["--\(option)", "'\(text)'", "$0.50/day", "$50/month"] {
                #expect(result.errors.contains(part), "\(result.errors)")
            }
        }
        // In a file the file is at fault.
        try write("journal: j\n\(option): $1,5/day\n", folder.path + "/reprise.yaml")
        let result = try reprise(folder, [command], x)
        #expect(
            result.status == 78 && result.errors.contains("reprise.yaml, line 2"),
            "\(result.status) \(result.errors)"
        )
    }

    /// `refresh` spends what the file, the environment or the flag says of lookups, and nothing that is the stream's.
    @Test func oneSettingsFileServesAllCommands() throws {
        let trial = try RefreshTrial(posts: 60)
        let due = try trial.readable.count
        func refresh(_ file: String, _ words: [String] = [], _ environment: [String: String] = [:]) throws -> String {
            try write(file, trial.folder.path + "/reprise.yaml")
            return try trial.start(["--dry-run"] + words, environment: environment).wait().text
        }
        #expect(try refresh("budget: 7/day\nrefresh-budget: 11/day\n").contains("\(due) due: "))
        #expect(try refresh("budget: 7/day\nrefresh-budget: 11/day\n").contains("the budget allows 11"))
        #expect(try refresh("refresh-budget: [11/day, 9/month]\nbudget: 7/day\n").contains("the budget allows 9"))
        #expect(
            try refresh("budget: 7/day\n", [], ["REPRISE_REFRESH_BUDGET": "12/day"]).contains("the budget allows 12")
        )
        #expect(try !refresh("budget: 7/day\n", [], ["REPRISE_BUDGET": "5/day"]).contains("the budget allows"))
        for flag in ["--budget", "--refresh-budget"] {
            #expect(
                try refresh("budget: 7/day\nrefresh-budget: 11/day\n", [flag, "13/day"]).contains(
                    "the budget allows 13"
                )
            )
        }
        let both = try refresh("", ["--budget", "13/day", "--refresh-budget", "8/day"])
        #expect(both.contains("the budget allows 8"))
    }

    @Test func aStreamsBudgetAloneIsNotTakenForThatOfLookups() throws {
        let trial = try RefreshTrial(posts: 20)
        try write("budget: $5/day\n", trial.folder.path + "/reprise.yaml")
        let result = try trial.start([], environment: ["X_API_URL": "https://api.x.com"]).wait()
        #expect(result.status == 78, "\(result.status) \(result.errors)")
        for part in ["reprise.yaml, line 1", "'budget' is what the stream may cost", "refresh-budget: "] {
            #expect(result.errors.contains(part), "\(result.errors)")
        }
    }

    /// The page's address in the file is not that of the simulator.
    @Test func keysOfThePageAreNotThoseOfTheSimulator() throws {
        let folder = try TemporaryFolder()
        try write("host: 0.0.0.0\nport: 9\nonce: true\n", folder.path + "/reprise.yaml")
        let simulator = try RunningProgram(Surroundings.reprise(), ["simulate", "--port", "0"], in: folder)
        #expect(try simulator.firstLine().hasPrefix("http://127.0.0.1:"))
        simulator.send(SIGTERM)
        #expect(try simulator.wait(seconds: 10).status == 0)
    }

    /// Each connection is cut inside its first post, which X has billed.
    @Test func postsThatAreCutUseTheBudgetUp() throws {
        let folder = try TemporaryFolder()
        let recording = try Recording(
            in: folder,
            simulator: ["--rate", "50", "--fault", "*:cut@1"],
            recorder: ["--budget", "5/day"]
        )
        let result = try recording.recorder.wait(seconds: 30)
        #expect(result.status == 0 && result.errors.contains("the budget is used up"), "\(result.errors)")
        func connections() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: recording.sentLog).count
        }
        #expect(try connections() == 5)
        // The next start knows of them.
        try recording.restartRecorder()
        #expect(try recording.recorder.wait(seconds: 30).status == 0)
        #expect(try connections() == 5)
        recording.simulator.send(SIGTERM)
        _ = try recording.simulator.wait(seconds: 10)
    }

    @Test func aPortalIsNoStream() throws {
        let folder = try TemporaryFolder()
        let page = "<html>\n" + String(repeating: "<p>line</p>\n", count: 40) + "</html>\n"
        let portal = ScriptedServer { $0.answer(status: "200 OK", headers: "Content-Type: text/html\r\n", body: page) }
        defer { portal.stop() }
        let words = ["record", "--journal", "j", "--budget", "10/day", "--once"]
        let result = try reprise(folder, words, ["X_API_URL": portal.url])
        #expect(result.status == 75 && result.errors.contains("a portal or proxy answered"), "\(result.errors)")
        let cat = try reprise(folder, ["journal", "cat", "--raw", "--journal", "j"])
        #expect(cat.output.isEmpty, "\(cat.text)")
    }

    @Test func postsWithoutCountsEndARefreshWithThree() throws {
        let trial = try RefreshTrial(posts: 60)
        let result = try trial.refresh("--fields", "created_at", "--refresh-budget", "1000/day")
        #expect(result.status == 3, "\(result.status) \(result.errors)")
        let readable = try trial.readable.count
        #expect(result.text.contains("0 read ") && result.text.contains("\(readable) without counts"), "\(result.text)")
        #expect(result.errors.contains("without counts"), "\(result.errors)")
        let again = try trial.refresh("--fields", "created_at", "--refresh-budget", "1000/day")
        #expect(again.status == 0 && again.text.hasPrefix("0 due, "), "\(again.text)")
    }
}
