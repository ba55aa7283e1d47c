import Foundation
import Synchronization
import TestSupport
import Testing

/// The way to a real engine is barred: another password, another authority, no address, nobody there.
@Suite(.timeLimit(.minutes(15)))
struct WayFaultTests {
    private static let posts = 1_500
    private static let first = 500

    /// Delivers a part, meets the fault, which leaves everything as it was, and goes on after the cure.
    ///
    /// - Parameters:
    ///   - command: what is run each time, `--sink` included.
    ///   - fault: what is different while the fault lasts; more words, and environment.
    ///   - cure: what is different afterwards.
    private func meet(
        _ trial: SearchTrial,
        _ command: [String],
        saying words: [String],
        words fault: [String] = [],
        environment: [String: String] = [:],
        before: () throws -> Void = {},
        cure: () throws -> [String] = { [] }
    ) throws -> RunningProgram.Result {
        let place: Comment = "\(command)"
        let name = try #require(command.firstIndex(of: "--checkpoint").map { command[$0 + 1] })
        let position = try trial.position(name)
        try before()
        let run = ["replay", "--json"] + command
        let result = try trial.start(run + fault, environment: environment).wait(seconds: 120)
        try trial.expectFault(result, saying: words, checkpoint: name, at: position, place)
        let cured = try trial.start(run + cure()).wait(seconds: 120)
        #expect(try trial.records(cured) == Self.posts - (position == nil ? 0 : Self.first), place)
        return result
    }

    /// A trial whose alias holds the first part, and the content that it is to have in the end.
    private func prepare(_ peer: SearchPeer) async throws -> (SearchTrial, clean: Data) {
        let trial = try await SearchTrial(peer, in: TemporaryFolder())
        try trial.record(0..<Self.posts)
        return (trial, try trial.cleanContent())
    }

    @Test(.needs(.securedElasticsearch), arguments: [[], ["--no-setup"]])
    func aWrongPasswordAndAnUnknownKeyAreNamedAndNeverShown(mode: [String]) async throws {
        let (trial, clean) = try await prepare(.securedElasticsearch)
        let key = "d3Jvbmctc2VjcmV0Ondyb25nLXNlY3JldC1rZXk="
        for (number, environment) in [
            ["REPRISE_SEARCH_PASSWORD": "wrong-secret"],
            ["REPRISE_SEARCH_USERNAME": "", "REPRISE_SEARCH_PASSWORD": "", "REPRISE_SEARCH_API_KEY": key],
        ].enumerated() {
            let own = SearchTrial(trial, suffix: "-\(number)")
            #expect(try own.replay(["--limit", "1"]).status == 0)
            let command = ["--sink", own.sink, "--checkpoint", own.alias] + mode
            #expect(try own.start(["replay", "--limit", "\(Self.first)"] + command).wait().status == 0)
            let result = try meet(
                own,
                command,
                saying: ["REPRISE_SEARCH_PASSWORD, or REPRISE_SEARCH_API_KEY", "check that they are valid"],
                environment: environment
            )
            #expect(!result.errors.contains("wrong-secret") && !result.errors.contains(key), "\(result.errors)")
            #expect(try own.content() == clean)
        }
    }

    @Test(.needs(.opensearch, .elasticsearch), arguments: SearchPeer.open)
    func aNameWithoutAnAddressIsNamed(peer: SearchPeer) async throws {
        let (trial, clean) = try await prepare(peer)
        #expect(try trial.replay(["--checkpoint", "n", "--limit", "\(Self.first)"]).status == 0)
        // The index is the same one wherever its engine is reached.
        let nowhere = ["--give-up-after", "1s", "--sink", "\(peer.kind):http://nothing.invalid:9200/\(trial.alias)"]
        let words = ["nothing.invalid", "check the name and this machine's DNS"]
        _ = try meet(trial, ["--checkpoint", "n"], saying: words, words: nowhere, cure: { ["--sink", trial.sink] })
        #expect(try trial.content() == clean)
        let unset = try trial.start(["replay", "--no-setup", "--checkpoint", "m"] + nowhere).wait()
        try trial.expectFault(unset, saying: words, checkpoint: "m", at: nil, "\(peer)")
    }

    private func proxy(_ trial: SearchTrial, _ words: [String] = []) throws -> (program: RunningProgram, port: String) {
        let target = String(trial.url.reversed().prefix { $0 != ":" }.reversed())
        let python = try Surroundings.path(.tool("python3"))
        let arguments = [Surroundings.peer("tcp_proxy.py"), target] + words
        let program = try RunningProgram(python, arguments, in: trial.folder)
        return (program, try program.firstLine())
    }

    @Test(
        .needs(.opensearch, .elasticsearch),
        .needs(.tool("python3")),
        arguments: SearchPeer.open,
        [[], ["--no-setup"]]
    )
    func whereNobodyListensItIsTriedForAsLongAsItsUserSays(peer: SearchPeer, mode: [String]) async throws {
        let (trial, clean) = try await prepare(peer)
        let (way, port) = try proxy(trial)
        let command =
            ["--sink", "\(peer.kind):http://127.0.0.1:\(port)/\(trial.alias)", "--checkpoint", "p"]
            + ["--give-up-after", "1s"] + mode
        #expect(try trial.replay(["--limit", "1"]).status == 0)
        #expect(try trial.start(["replay", "--limit", "\(Self.first)"] + command).wait().status == 0)
        var again: RunningProgram?
        let result = try meet(
            trial,
            command,
            saying: [port, "check that the server runs and can be reached"],
            before: {
                way.send(SIGKILL)
                _ = try way.wait()
            },
            cure: {
                again = try proxy(trial, [port]).program
                return []
            }
        )
        #expect(result.errors.contains("given up after 1 s"), "\(result.errors)")
        #expect(try trial.content() == clean)
        again?.send(SIGKILL)
    }

    /// Makes a certificate for 127.0.0.1 that signs itself; the path without its ending.
    private func certificate(_ name: String, in folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/\(name)"
        let request =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            + ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        try output(
            of: Surroundings.path(.tool("openssl")),
            request + ["-keyout", path + ".key", "-out", path + ".pem"],
            in: folder
        )
        return path
    }

    @Test(
        .needs(.opensearch, .elasticsearch),
        .needs(.tool("python3"), .tool("openssl")),
        arguments: SearchPeer.open,
        [[], ["--no-setup"]]
    )
    func anotherAuthoritysCertificateIsRefusedUntilTheRightOneIsGiven(peer: SearchPeer, mode: [String]) async throws {
        let (trial, clean) = try await prepare(peer)
        let own = try certificate("own", in: trial.folder)
        let other = try certificate("other", in: trial.folder)
        let (way, port) = try proxy(trial, ["0", own + ".pem", own + ".key"])
        let command = ["--sink", "\(peer.kind):https://127.0.0.1:\(port)/\(trial.alias)", "--checkpoint", "t"] + mode
        let trusted = ["--search-ca-file", own + ".pem"]
        #expect(try trial.replay(["--limit", "1"]).status == 0)
        #expect(try trial.start(["replay", "--limit", "\(Self.first)"] + command + trusted).wait().status == 0)
        _ = try meet(
            trial,
            command,
            saying: ["certificate", "--search-ca-file FILE"],
            words: ["--search-ca-file", other + ".pem"],
            cure: { trusted }
        )
        #expect(try trial.content() == clean)
        way.send(SIGKILL)
    }

    /// A real engine makes no key that expires within a test; this one refuses as Elasticsearch 8.19 does.
    @Test func aKeyThatExpiredIsNamedAndTheNextOneGoesOn() throws {
        let taken = Shared()
        let server = ScriptedServer { connection in
            let valid = taken.lines.withLock { $0.count < Self.first } ? "b2xkLXNlY3JldA==" : "bmV3LXNlY3JldA=="
            guard connection.request.contains("Authorization: ApiKey \(valid)\r\n") else {
                let error = #"{"type":"security_exception","reason":"failed to authenticate: api key is expired"}"#
                return connection.answer(status: "401 Unauthorized", body: #"{"error":\#(error),"status":401}"#)
            }
            let lines = connection.request.split(separator: "\n").filter { $0.hasPrefix("{\"tweet_id\"") }
            taken.lines.withLock { $0 += lines.map(String.init) }
            let items = Array(repeating: #"{"index":{"status":201}}"#, count: lines.count).joined(separator: ",")
            connection.answer(status: "200 OK", body: #"{"errors":false,"items":[\#(items)]}"#)
        }
        defer { server.stop() }
        let trial = try SearchTrial(url: server.url, in: TemporaryFolder())
        try trial.record(0..<Self.posts)
        let command = ["--no-setup", "--sink", trial.sink, "--checkpoint", "k"]
        let old = ["REPRISE_SEARCH_API_KEY": "b2xkLXNlY3JldA=="]
        let first = try trial.start(["replay", "--limit", "\(Self.first)"] + command, environment: old).wait()
        #expect(first.status == 0, "\(first.errors)")
        let position = try trial.position("k")
        let expired = try trial.start(["replay"] + command, environment: old).wait()
        let words = ["api key is expired", "REPRISE_SEARCH_API_KEY"]
        try trial.expectFault(expired, saying: words, checkpoint: "k", at: position, "expired")
        #expect(!expired.errors.contains("b2xk"), "\(expired.errors)")
        let new = ["REPRISE_SEARCH_API_KEY": "bmV3LXNlY3JldA=="]
        let cured = try trial.start(["replay", "--json"] + command, environment: new).wait()
        #expect(try trial.records(cured) == Self.posts - Self.first)
        let all = try trial.start(["replay"]).wait().text.split(separator: "\n")
        let wanted = all.map { $0.prefix(upTo: $0.range(of: ",\"version\":")?.lowerBound ?? $0.endIndex) + "}" }
        #expect(taken.lines.withLock { $0.sorted() } == wanted.map(String.init).sorted())
    }

    private final class Shared: Sendable { let lines = Mutex<[String]>([]) }
}
