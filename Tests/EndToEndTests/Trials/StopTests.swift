import Foundation
import Journal
import TestSupport
import Testing

/// A replay whose sink does not take anything: it hears SIGTERM, and its own `--give-up-after`.
@Suite(.timeLimit(.minutes(10)))
struct StopTests {
    /// What a sink does instead of taking documents.
    enum Trouble: String, CaseIterable {
        case silentEngine, busyEngine, pipeWithoutReader

        /// Seconds that a stop may take: a call in flight gets some to end in order.
        var promised: Double { self == .silentEngine ? 5 : 2 }
    }

    /// A journal of a trial's own, and replays of it.
    private struct Trial {
        let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
            for id in 0..<100 {
                let post =
                    #"{"data":{"id":"\#(id)","text":"post"},"matching_rules":[{"id":"1","tag":"cats"}]}"# + "\r\n"
                try Array(post.utf8).withUnsafeBytes { try writer.append($0) }
            }
            try writer.close()
        }

        func start(_ sink: String, _ more: [String]) throws -> RunningProgram {
            let words = ["replay", "--journal", "journal", "--sink", sink] + more
            return try RunningProgram(Surroundings.reprise(), words, in: folder)
        }
    }

    private static let modes = [[], ["--no-setup"], ["--no-setup", "--follow", "--checkpoint", "f"]]

    @Test func aReplayEndsWhenToldWhateverItsSinkDoes() {
        let all = Trouble.allCases.flatMap { trouble in Self.modes.map { (trouble, $0) } }
        let found = sideBySide(all) { trouble, mode in try Self.problems(of: trouble, mode) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    private static func problems(of trouble: Trouble, _ mode: [String]) throws -> [String] {
        let trial = try Trial()
        let server: ScriptedServer?
        switch trouble {
        case .silentEngine: server = TroubledEngine.silent()
        case .busyEngine: server = TroubledEngine.busy()
        case .pipeWithoutReader:
            try Unread.makePipe(trial.folder.path + "/pipe")
            server = nil
        }
        defer { server?.stop() }
        let program = try trial.start(server.map { "elasticsearch:\($0.url)/posts" } ?? "ndjson:pipe", mode)
        if let server {
            _ = try until("a call; \(program.errors)") { server.connectionCount > 0 ? true : nil }
        }
        // Well into the wait, of which a program shows nothing outside.
        sleepMilliseconds(700)
        let start = ContinuousClock.now
        program.send(SIGTERM)
        let result = try program.wait(seconds: 30)
        let took = ContinuousClock.now - start
        var found: [String] = []
        // Something was lost or skipped, or: try again later.
        if result.wasKilled || ![3, 75].contains(result.status) { found.append("ended with \(result.status)") }
        if took > .seconds(TrialSize.limit(trouble.promised)) { found.append("ended only after \(took)") }
        return found.isEmpty ? [] : found + ["it said: \(result.errors)"]
    }

    @Test func whatDoesNotAnswerAndANameThatIsNotFoundAreGivenUpInTime() {
        // RFC 6761: never a host.
        let all = [nil, "http://no-host.invalid:9200"].flatMap { url in [[], ["--no-setup"]].map { (url, $0) } }
        let found = sideBySide(all) { url, mode in
            let trial = try Trial()
            let server = TroubledEngine.silent()
            defer { server.stop() }
            let start = ContinuousClock.now
            let sink = "elasticsearch:\(url ?? server.url)/posts"
            let result = try trial.start(sink, ["--give-up-after", "3s"] + mode).wait(seconds: 30)
            let took = ContinuousClock.now - start
            let isInTime = took >= .seconds(2.5) && took < .seconds(TrialSize.limit(4))
            return result.status == 75 && isInTime ? [] : ["\(result.status) after \(took): \(result.errors)"]
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test(arguments: ["filtered/0000000001.zst", "filtered/tail", "catalog.sqlite", "state.sqlite"])
    func aPipeInPlaceOfAJournalsFileHoldsNobodyUp(name: String) throws {
        let trial = try Trial()
        let path = trial.folder.path + "/journal/" + name
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try Unread.makePipe(path)
        let program = try trial.start("ndjson:f.ndjson", ["--checkpoint", "p"])
        let result = try program.wait(seconds: 20)
        #expect(!result.wasKilled)
        // The catalog is only a convenience; everything else has to be named.
        #expect(name == "catalog.sqlite" || result.status != 0, "\(result.status) \(result.errors)")
        #expect(result.status == 0 || result.errors.contains(name), "\(result.errors)")
    }
}
