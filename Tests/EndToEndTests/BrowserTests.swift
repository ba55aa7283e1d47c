import Foundation
import TestSupport
import Testing

/// What a browser shows is what the journal holds.
@Suite(.timeLimit(.minutes(20)))
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

    @Test(.needs(.tool("python3"), .tool("chromium")))
    func theTextOfAMostLikedPostIsShownAsItsAuthorWroteIt() throws {
        let texts = [
            "<img src=x onerror='window.hacked = 1'> & <b>bold</b>",
            "\u{202E}</a></li><script>window.hacked = 1</script>",
            "javascript:window.hacked=1 \"'`${window.hacked=1}", String(repeating: "w", count: 280),
            // As X sends what has these characters in it, once and twice.
            "&lt;script&gt;window.hacked = 1&lt;/script&gt; &amp;lt; &quot;",
        ]
        try show(texts, to: "hostile_text.py")
    }

    @Test(.needs(.tool("python3"), .tool("chromium")))
    func thePageSaysWhenItIsNotLiveAndShowsTheLargestFiguresWhole() throws {
        try show(["a cat"], to: "page_states.py")
    }

    @Test(.needs(.tool("python3"), .tool("chromium")))
    func thePageWorksUnderAPathOfAHost() throws {
        try show(["a cat", "another"], to: "page_under_path.py")
    }

    /// Records, replays and serves posts with these texts, each with fewer likes than the one before, and lets a program look.
    private func show(_ texts: [String], to peer: String) throws {
        let folder = try TemporaryFolder()
        let lines = try texts.enumerated().map { number, text in
            let post: [String: Any] = [
                "id": "\(100 + number)", "text": text, "public_metrics": ["like_count": 5_000 - number],
            ]
            let record: [String: Any] = ["data": post, "matching_rules": [["id": "1", "tag": "cats"]]]
            return String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self)
        }
        let posts = folder.path + "/posts"
        try Data(lines.joined(separator: "\n").utf8 + [10]).write(to: URL(fileURLWithPath: posts))
        let recording = try Recording(
            in: folder,
            simulator: ["--file", posts, "--rounds", "1", "--rate", "max"],
            recorder: ["--once"]
        )
        #expect(try recording.recorder.wait().status == 0)
        let index = folder.path + "/index.sqlite"
        _ = try recording.reprise(["replay", "--sink", "sqlite:\(index)"])
        let arguments = ["serve", "--journal", recording.journal, "--index", index, "--port", "0"]
        let server = try RunningProgram(Surroundings.reprise(), arguments, in: folder)
        let chromium = try Surroundings.path(.tool("chromium"))
        let address = try ShownFigures.address(of: server)
        _ = try output(
            of: Surroundings.path(.tool("python3")),
            [Surroundings.peer(peer), chromium, address, posts],
            in: folder
        )
        server.send(SIGTERM)
        #expect(try server.wait(seconds: 10).status == 0)
    }
}
