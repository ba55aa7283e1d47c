import Foundation
import TestSupport
import Testing

/// A change of rules that X does not carry out ends what depends on it.
@Suite(.timeLimit(.minutes(20)))
struct RuleFailureTests {
    private static let rules = "- value: '#cat has:images'\n  tag: new cats\n"

    /// X, where a rule stays in force with its tag, whatever is done.
    private func stubborn() -> ScriptedServer {
        ScriptedServer { connection in
            if connection.request.hasPrefix("GET /2/tweets/search/stream/rules") {
                return connection.answer(
                    status: "200 OK",
                    body: ##"{"data":[{"id":"5","value":"#cat has:images","tag":"old cats"}]}"##
                )
            }
            let isDeletion = connection.request.contains(#"{"delete""#)
            connection.answer(
                status: "200 OK",
                body: isDeletion
                    ? #"{"meta":{"summary":{"deleted":1,"not_deleted":0}}}"#
                    : ##"{"errors":[{"value":"#cat has:images","id":"5","title":"DuplicateRule","type":"a/duplicate-rules"}]}"##
            )
        }
    }

    @Test(arguments: [
        (["record", "--rules"], Int32(78)), (["rules", "apply", "--yes"], Int32(1)),
    ]) func aTagThatDoesNotChangeEndsTheCommandAndNamesTheRule(_ words: [String], _ status: Int32) throws {
        let folder = try TemporaryFolder()
        try Self.rules.write(toFile: "\(folder.path)/rules.yaml", atomically: true, encoding: .utf8)
        let server = stubborn()
        defer { server.stop() }
        let journal = words[0] == "record" ? ["--journal", "\(folder.path)/journal"] : []
        let result = try RunningProgram(
            Surroundings.reprise(),
            words + ["\(folder.path)/rules.yaml"] + journal,
            in: folder,
            environment: ["X_API_URL": server.url, "BEARER_TOKEN": "canary-rules"]
        ).wait()
        #expect(result.status == status, "\(result.errors)")
        #expect((result.errors + result.text).contains("#cat has:images was to be deleted and is still in force"))
    }

    @Test func anUnquotedNumberSignIsRefusedBeforeAnythingIsAsked() throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/rules.yaml"
        try "- value: cats #kitty\n  tag: cats\n".write(toFile: file, atomically: true, encoding: .utf8)
        let result = try RunningProgram(
            Surroundings.reprise(),
            ["rules", "apply", "--yes", file],
            in: folder,
            environment: ["X_API_URL": "http://127.0.0.1:1", "BEARER_TOKEN": "canary-rules"]
        ).wait()
        #expect(result.status == 78 && result.errors.contains("line 1") && result.errors.contains("in quotes"))
    }
}
