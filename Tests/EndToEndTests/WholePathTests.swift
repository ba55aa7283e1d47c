import Foundation
import TestSupport
import Testing

/// Real posts on their way from a stream with faults, through a recorder that is killed, to rows.
@Suite(.timeLimit(.minutes(10)))
struct WholePathTests {
    private struct Report: Decodable {
        let connections: [String]
        let records: Int
        let torn: Int
    }

    @Test(.needs(.tool("python3"), .tool("zstd"), .tool("chromium"), .sharedData(.stream)))
    func everyRecordDeliveredWholeIsOneRow() throws {
        let rounds = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_ROUNDS"] ?? "") ?? 1
        var random = SeededRandom()
        for round in 0..<rounds {
            // The cut and the stall come within the first 500 KB; the kill within the third connection.
            let bytes = Int.random(in: 600_000..<1_100_000, using: &random)
            try onePath(killedAfter: bytes, "round \(round), \(random)")
        }
    }

    private func onePath(killedAfter bytes: Int, _ round: String) throws {
        let folder = try TemporaryFolder()
        let posts = try Surroundings.path(.sharedData(.stream))
        let recording = try Recording(
            in: folder,
            simulator: [
                "--file", posts, "--once", "--rate", "400", "--keep-alive", "300ms", "--fault", "1:cut@60", "--fault",
                "2:stall@60",
            ],
            recorder: ["--silence-timeout", "1s"]
        )
        try recording.until(bytes: bytes)
        recording.recorder.send(SIGKILL)
        #expect(try recording.recorder.wait(seconds: 10).wasKilled, "\(round)")
        try recording.restartRecorder()
        _ = try until("the end of the file; \(recording.recorder.errors)") {
            try recording.recorder.errors.contains("why=server-closed") ? true : nil
        }
        try recording.stop()

        let first = try recording.reprise(["replay", "--sink", "ndjson:-"])
        #expect(try recording.reprise(["replay", "--sink", "ndjson:-"]) == first)
        let report = try check(recording, rows: first)
        // Of 308; what was on the wire when the recorder was killed is lost, and a busy machine notices that later.
        #expect(report.torn >= 1 && report.records >= 200, "\(round): \(report.records) records, \(report.torn) torn")
        // A killed recorder leaves no end of its own: the next connection's opening stands for it.
        #expect(report.connections.prefix(4) == ["cut", "stalled", "opened", "server-closed"], "\(round)")
        let index = folder.path + "/index.sqlite"
        let shown = try ShownFigures.compare(serving: index, journal: recording.journal, in: folder)
        #expect(shown.posts == report.records, "\(round): each post is in the file once")
    }

    /// Compares by means that share no code with the command.
    private func check(_ recording: Recording, rows: Data) throws -> Report {
        let folder = recording.folder.path
        let index = folder + "/index.sqlite"
        let files = [
            "raw": try recording.raw(), "rows": rows,
            "cat": try recording.reprise(["journal", "cat", "--times"]),
            "books": try recording.reprise(["replay", "--json", "--sink", "sqlite:\(index)"]),
        ]
        for (name, content) in files { try content.write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let arguments = [
            Surroundings.peer("whole_path.py"), recording.journal, folder + "/raw", recording.sentLog, folder + "/cat",
            folder + "/rows", index, folder + "/books",
        ]
        let text = try output(of: Surroundings.path(.tool("python3")), arguments, in: recording.folder)
        return try JSONDecoder().decode(Report.self, from: text)
    }
}
