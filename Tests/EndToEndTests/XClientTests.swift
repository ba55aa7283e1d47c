import Foundation
import TestSupport
import Testing

/// Other people's clients of X work against `reprise simulate` as they are.
@Suite(.timeLimit(.minutes(20)))
struct XClientTests {
    private struct Seen: Decodable, Equatable {
        let dry_run: Int
        let before: Int
        let added: Int
        let tag: String
        let after: Int
        let streamed: Int
        let tags: Int
        let users: Int
        let media: Int
        let metrics: Int
        let looked_up: Int
        let authors: Int
        let one: Bool
    }

    @Test(.needs(.pythonPackage("tweepy"))) func tweepyStreamsChangesRulesAndLooksUp() throws { try run("tweepy") }

    @Test(.needs(.pythonPackage("twarc"))) func twarcStreamsChangesRulesAndLooksUp() throws { try run("twarc") }

    @Test(.needs(.pythonPackage("xdk"))) func theOfficialSDKStreamsChangesRulesAndLooksUp() throws { try run("xdk") }

    private func run(_ client: String) throws {
        let folder = try TemporaryFolder()
        let token = "canary-client"
        let simulator = try RunningProgram(
            Surroundings.reprise(),
            ["simulate", "--port", "0", "--rate", "200", "--lookups"],
            in: folder,
            environment: ["REPRISE_SIMULATOR_TOKEN": token]
        )
        let url = try simulator.firstLine()
        let said = try output(
            of: Surroundings.path(.python),
            [Surroundings.peer("x_clients.py"), client, url, token],
            in: folder
        )
        simulator.send(SIGTERM)
        _ = try simulator.wait()
        let seen = try JSONDecoder().decode(Seen.self, from: said)
        #expect(seen.dry_run == 1 && seen.before == 4 && seen.added == 1 && seen.tag == "foxes" && seen.after == 4)
        #expect(seen.streamed >= 25 && seen.tags == seen.streamed && seen.metrics == seen.streamed)
        #expect(seen.users == seen.streamed && seen.media > seen.streamed / 2)
        #expect(seen.looked_up == seen.streamed && seen.authors > 10 && seen.one)
    }
}
