import Foundation
import TestSupport
import Testing

/// What a browser shows is what the journal holds.
@Suite(.timeLimit(.minutes(5)))
struct BrowserTests {
    @Test(.needs(.tool("python3"), .tool("chromium"), .sharedData(.stream)))
    func thePageOfAReplayShowsTheJournalsFigures() throws {
        let folder = try TemporaryFolder()
        // Each post is seen twice and has to count once.
        let posts = try Surroundings.path(.sharedData(.stream))
        let recording = try Recording(
            in: folder,
            simulator: ["--file", posts, "--rounds", "2", "--rate", "max"],
            recorder: ["--once"]
        )
        #expect(try recording.recorder.wait().status == 0)
        let index = folder.path + "/index.sqlite"
        _ = try recording.reprise(["replay", "--sink", "sqlite:\(index)"])
        let report = try ShownFigures.compare(serving: index, journal: recording.journal, in: folder)
        #expect(report.posts == 308 && report.categories == 4)
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
        let address = try ShownFigures.address(of: program)
        _ = try until("800 posts are in the journal; \(program.errors)") {
            try ShownFigures.records(of: journal, in: folder).split(separator: UInt8(ascii: "\n")).count >= 798
                ? true : nil
        }
        let report = try ShownFigures.compare(address, journal: journal, in: folder)
        #expect(report.posts >= 790)
        program.send(SIGTERM)
        #expect(try program.wait(seconds: 10).status == 0)
    }
}
