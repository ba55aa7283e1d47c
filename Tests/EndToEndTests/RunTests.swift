import Foundation
import TestSupport
import Testing

/// `make run` as a newcomer meets it: the whole path in one process, on made-up posts.
@Suite(.timeLimit(.minutes(20)))
struct RunTests {
    private struct Summary: Decodable {
        struct Category: Decodable {
            let name: String
            let total: Int
        }
        let headline: String
        let categories: [Category]

        var total: Int { categories.map(\.total).reduce(0, +) }
    }

    @Test(.needs(.tool("curl")))
    func simulatedPostsCountOnThePageWithoutCredentialsAndGoOnAfterAStop() throws {
        let folder = try TemporaryFolder()
        let program = try Self.start(in: folder)
        let first = try Self.summary(of: program, withMoreThan: 50, in: folder)
        #expect(first.headline.contains("lead"), "\(first.headline)")
        #expect(first.categories.count == 4)
        #expect(try program.errors.contains("BEARER_TOKEN=… reprise run"), "how to record X itself")
        program.send(SIGINT)
        #expect(try program.wait(seconds: 10).status == 0)

        let again = try Self.start(in: folder)
        let second = try Self.summary(of: again, withMoreThan: first.total, in: folder)
        #expect(second.total > first.total)
        // It keeps simulated posts out of the real journal.
        let made = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/data")
        #expect(made == ["simulated"])
        again.send(SIGTERM)
        #expect(try again.wait(seconds: 10).status == 0)
    }

    @Test func aPageWhosePortIsTakenSaysWhatToDoAndTheRecordingContinues() throws {
        let folder = try TemporaryFolder()
        let first = try Self.start(in: folder)
        let address = try first.firstLine()
        let port = String(try #require(address.split(separator: ":").last))
        let arguments = ["run", "--simulate", "--port", port, "--journal", folder.path + "/other"]
        let second = try RunningProgram(Surroundings.reprise(), arguments, in: folder)
        _ = try until("the page is named", seconds: 60) { try second.errors.contains("another port") ? true : nil }
        let info = ["journal", "info", "--json", "--journal", folder.path + "/other"]
        _ = try until("posts are recorded", seconds: 60) {
            let result = try RunningProgram(Surroundings.reprise(), info, in: folder).wait()
            let records = #""source":"filtered"[^}]*"records":[1-9]"#
            let text = String(decoding: result.output, as: UTF8.self)
            return text.range(of: records, options: .regularExpression) == nil ? nil : true
        }
        // Once the port is free the page is there.
        first.send(SIGTERM)
        #expect(try first.wait().status == 0)
        #expect(try second.firstLine().hasSuffix(":\(port)"))
        second.send(SIGTERM)
        #expect(try second.wait().status == 0)
    }

    /// X's address and token are in the environment, as on a machine that records X; nothing may ask for them.
    private static func start(in folder: TemporaryFolder) throws -> RunningProgram {
        let arguments = ["run", "--simulate", "--simulate-rate", "200", "--port", "0"]
        let environment = ["X_API_URL": "http://127.0.0.1:9", "BEARER_TOKEN": Recording.token]
        return try RunningProgram(Surroundings.reprise(), arguments, in: folder, environment: environment)
    }

    private static func summary(
        of program: RunningProgram,
        withMoreThan count: Int,
        in folder: TemporaryFolder
    ) throws -> Summary {
        let url = try program.firstLine() + "/api/summary"
        let curl = try Surroundings.path(.tool("curl"))
        return try until("more than \(count) posts; \(program.errors)") {
            let answer = try output(of: curl, ["-s", "--max-time", "5", url], in: folder)
            // The address is printed before the index is first read; until then the page says so, with a 503.
            if answer.starts(with: Data("Starting".utf8)) { return nil }
            let summary = try JSONDecoder().decode(Summary.self, from: answer)
            return summary.total > count ? summary : nil
        }
    }
}
