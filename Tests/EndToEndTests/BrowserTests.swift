import Foundation
import TestSupport
import Testing

/// What a browser shows is what the journal holds.
@Suite(.timeLimit(.minutes(2)))
struct BrowserTests {
    private struct Report: Decodable {
        let posts: Int
        let today: Int
        let categories: Int
    }

    @Test(.needs(.tool("python3"), .tool("chromium"), .sharedData("data/stream-real.ndjson")))
    func thePageOfAReplayShowsTheJournalsFigures() throws {
        let folder = try TemporaryFolder()
        // Each post is seen twice and has to count once.
        let posts = try Surroundings.path(.sharedData("data/stream-real.ndjson"))
        let recording = try Recording(
            in: folder,
            simulator: ["--file", posts, "--rounds", "2", "--rate", "max"],
            recorder: ["--once"]
        )
        #expect(try recording.recorder.wait().status == 0)
        let index = folder.path + "/index.sqlite"
        _ = try recording.reprise(["replay", "--sink", "sqlite:\(index)"])
        let arguments = ["serve", "--journal", recording.journal, "--index", index, "--port", "0"]
        let server = try RunningProgram(Surroundings.reprise(), arguments, in: folder)
        let report = try Self.compare(Self.address(of: server), journal: recording.journal, in: folder)
        #expect(report.posts == 308 && report.categories == 4)
        server.send(SIGTERM)
        #expect(try server.wait(seconds: 10).status == 0)
    }

    @Test(.needs(.tool("python3"), .tool("chromium")))
    func thePageOfARunShowsTheJournalsFiguresWhenTheStreamFallsSilent() throws {
        let folder = try TemporaryFolder()
        let simulator = try RunningProgram(
            Surroundings.reprise(),
            ["simulate", "--port", "0", "--rate", "500", "--seed", "7", "--fault", "1:stall@800"],
            in: folder
        )
        let journal = folder.path + "/journal"
        let arguments = ["run", "--journal", journal, "--port", "0", "--x-api-url", try simulator.firstLine()]
        let environment = ["BEARER_TOKEN": Recording.token]
        let program = try RunningProgram(Surroundings.reprise(), arguments, in: folder, environment: environment)
        let address = try Self.address(of: program)
        _ = try until("800 posts are in the journal; \(program.errors)") {
            try Self.records(of: journal, in: folder).split(separator: UInt8(ascii: "\n")).count >= 798 ? true : nil
        }
        let report = try Self.compare(address, journal: journal, in: folder)
        #expect(report.posts >= 790)
        program.send(SIGTERM)
        #expect(try program.wait(seconds: 10).status == 0)
    }

    private static func address(of program: RunningProgram) throws -> String {
        try until("the page's address; \(program.errors)") {
            let text = try program.errors + String(decoding: program.output, as: UTF8.self) + "\n"
            return text.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+(?=\s)/).map { String($0.0) }
        }
    }

    private static func records(of journal: String, in folder: TemporaryFolder) throws -> Data {
        try output(of: Surroundings.reprise(), ["journal", "cat", "--times", "--journal", journal], in: folder)
    }

    /// Counts in a browser and in the journal, by means that share no code with the command.
    private static func compare(_ address: String, journal: String, in folder: TemporaryFolder) throws -> Report {
        let cat = folder.path + "/cat"
        try records(of: journal, in: folder).write(to: URL(fileURLWithPath: cat))
        let chromium = try Surroundings.path(.tool("chromium"))
        let arguments = [Surroundings.peer("page_figures.py"), chromium, address, cat]
        let text = try output(of: Surroundings.path(.tool("python3")), arguments, in: folder)
        return try JSONDecoder().decode(Report.self, from: text)
    }
}
