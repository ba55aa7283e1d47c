import Foundation
import Journal
import SQLite
import Simulator
import TestSupport
import Testing
import Time

/// A journal belongs to the server that it was recorded from, and a simulator that is started again knows its journal.
@Suite(.timeLimit(.minutes(20)))
struct ServerTests {
    private func server(_ journal: String) throws -> String? { try Journal(directory: journal).server() }

    private func start(
        _ words: [String],
        at url: String,
        in folder: TemporaryFolder
    ) throws -> RunningProgram.Result {
        let environment = ["X_API_URL": url, "BEARER_TOKEN": Recording.token]
        return try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment).wait(seconds: 60)
    }

    @Test func aJournalOfTheSimulatorTakesNothingFromXAndIsNotRefreshedThere() throws {
        let trial = try RefreshTrial(posts: 60)
        var configuration = SimulatorConfiguration()
        configuration.faults = [SimulatedFault(connection: nil, kind: .close, position: .records(5))]
        configuration.rate = .unlimited
        let simulator = try Simulator(configuration)
        defer { simulator.stop() }
        let record = ["record", "--once", "--journal", trial.journal]
        // Another simulator, on another port, is the simulator too.
        let recorded = try start(record, at: simulator.url, in: trial.folder)
        #expect([0, 3].contains(recorded.status), "\(recorded.errors)")
        #expect(try server(trial.journal) == "simulator")
        let before = try Journal(directory: trial.journal).endOffset(of: .filtered)
        for words in [
            record + ["--budget", "1"], record + ["--budget", "1", "--accept-server"],
            ["run", "--journal", trial.journal, "--budget", "1", "--port", "0"],
            ["refresh", "--journal", trial.journal, "--budget", "1"],
            ["refresh", "--journal", trial.journal, "--budget", "1", "--accept-server"],
        ] {
            let result = try start(words, at: "https://api.x.com", in: trial.folder)
            #expect(result.status == 78 && result.output.isEmpty, "\(words): \(result.status) \(result.errors)")
            for word in ["the simulator", "https://api.x.com", "--journal", trial.journal] {
                #expect(result.errors.contains(word), "\(word): \(result.errors)")
            }
            #expect(!result.errors.contains(Recording.token))
        }
        #expect(try Journal(directory: trial.journal).endOffset(of: .filtered) == before)
        #expect(try trial.refresh("--json").status == 0)
    }

    @Test func anotherServerIsRefusedUntilItIsAccepted() throws {
        let folder = try TemporaryFolder()
        let journal = folder.path + "/journal"
        let writer = try JournalWriter(directory: journal, source: .filtered)
        try writer.append(event: EventKind.opened, fields: [("origin", .string("https://api.x.com"))])
        try writer.close()
        let record = ["record", "--once", "--journal", journal, "--budget", "1"]
        let refused = try start(record, at: "https://x.invalid", in: folder)
        #expect(refused.status == 78 && refused.errors.contains("--accept-server"), "\(refused.errors)")
        #expect(refused.errors.contains("https://api.x.com") && refused.errors.contains("https://x.invalid"))
        // Nobody has that name, which is found out when it is asked.
        let accepted = try start(record + ["--accept-server"], at: "https://x.invalid", in: folder)
        #expect(accepted.status != 78, "\(accepted.errors)")
        #expect(try server(journal) == "https://x.invalid")
        #expect(try start(record, at: "https://api.x.com", in: folder).status == 78)
    }

    /// The ids of a journal's posts, as numbers.
    private func ids(_ journal: String) throws -> [String] {
        var text: [UInt8] = []
        _ = try RecordCopy.records(of: Journal(directory: journal), source: .filtered) { text += $0 }
        return try text.split(separator: 10).map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            return try #require((object?["data"] as? [String: Any])?["id"] as? String)
        }
    }

    @Test(.needs(.tool("curl")))
    func aDemoThatIsStartedAgainKnowsThePostsOfItsJournal() throws {
        let folder = try TemporaryFolder()
        let journal = folder.path + "/data/simulated"
        func start() throws -> (RunningProgram, url: String) {
            let words = ["run", "--simulate", "--simulate-rate", "300", "--port", "0", "--log-level", "info"]
            let program = try RunningProgram(Surroundings.reprise(), words, in: folder)
            let url = try until("the simulator's address; \(program.errors)", seconds: 30) {
                try program.errors.firstMatch(of: /simulating X.*url=(http:[^ \n]+)/).map { String($0.1) }
            }
            return (program, url)
        }
        let (first, _) = try start()
        _ = try until("posts are recorded; \(first.errors)", seconds: 60) {
            FileManager.default.fileExists(atPath: journal + "/filtered/tail")
                ? (try ids(journal).count > 500 ? true : nil) : nil
        }
        first.send(SIGTERM)
        #expect(try first.wait(seconds: 20).status == 0)
        let known = try ids(journal)
        #expect(try server(journal) == "simulator")

        let (second, url) = try start()
        let curl = try Surroundings.path(.tool("curl"))
        var found = 0
        // From the first to the last.
        let some = Swift.stride(from: 0, to: known.count, by: max(1, known.count / 100)).prefix(100).map { known[$0] }
        let query =
            "\(url)/2/tweets?tweet.fields=public_metrics,author_id&ids=\((some.dropLast() + [known[known.count - 1]]).joined(separator: ","))"
        let answer = try output(
            of: curl,
            ["-s", "--max-time", "20", "-H", "Authorization: Bearer simulated", query],
            in: folder
        )
        let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
        for post in object?["data"] as? [[String: Any]] ?? [] {
            #expect(post["public_metrics"] != nil && (post["text"] as? String)?.isEmpty == false)
            found += 1
        }
        // A few were deleted in these seconds.
        #expect(
            found >= some.count - 5,
            "\(found) of \(some.count): \(String(decoding: answer.prefix(500), as: UTF8.self))"
        )
        // Before its parts run a signal ends it as it ends any program.
        _ = try until("the second records; \(second.errors)", seconds: 60) {
            try second.errors.contains("the stream is open") ? true : nil
        }
        second.send(SIGTERM)
        #expect(try second.wait(seconds: 20).status == 0)
    }

    @Test func aPassThatFindsNothingDeletesNothingAndSaysWhatToDo() throws {
        let trial = try RefreshTrial(posts: 200)
        trial.simulator.setForgetful(true)
        let index = trial.folder.path + "/index.sqlite"
        let result = try trial.refresh("--json", "--sink", "sqlite:\(index)")
        #expect(result.status == 3, "\(result.errors)")
        #expect(result.text.contains("\"gone\":0") && !result.text.contains("\"doubted\":0"), "\(result.text)")
        #expect(result.errors.contains("nothing is deleted") && result.errors.contains("--accept-deletions"))
        #expect(try tableCount(index) == 200)
        // Until it is resolved each pass says so.
        let next = try trial.refresh("--sink", "sqlite:\(index)")
        #expect(next.status == 3 && next.text.contains(" 0 gone"), "\(next.status) \(next.text)")
        let wrong = try trial.refresh("--deletion-limit", "half")
        #expect(wrong.status == 64 && wrong.errors.contains("--deletion-limit"), "\(wrong.errors)")
        let accepted = try trial.refresh("--accept-deletions", "--sink", "sqlite:\(index)")
        #expect(accepted.status == 0 && accepted.errors.isEmpty, "\(accepted.errors)")
        #expect(try tableCount(index) == 200 - trial.readable.count)
        #expect(try trial.refresh().status == 0)
    }

    private func tableCount(_ index: String) throws -> Int {
        Int(try Connection(path: index, mode: .readOnly).int64("SELECT count(*) FROM posts") ?? -1)
    }
}
