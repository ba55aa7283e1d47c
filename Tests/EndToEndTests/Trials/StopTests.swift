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

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func record(_ count: Int) throws {
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        for id in 0..<count {
            let post = #"{"data":{"id":"\#(id)","text":"post"},"matching_rules":[{"id":"1","tag":"cats"}]}"# + "\r\n"
            try Array(post.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private func start(_ sink: String, _ more: [String]) throws -> RunningProgram {
        let words = ["replay", "--journal", "journal", "--sink", sink] + more
        return try RunningProgram(Surroundings.reprise(), words, in: folder)
    }

    /// Ends a program, and says how long that took.
    private func stop(_ program: RunningProgram) throws -> (RunningProgram.Result, Duration) {
        let start = ContinuousClock.now
        program.send(SIGTERM)
        let result = try program.wait(seconds: 60)
        return (result, ContinuousClock.now - start)
    }

    @Test(arguments: Trouble.allCases, [["--no-setup"], ["--no-setup", "--follow", "--checkpoint", "f"], []])
    func aReplayEndsWhenToldWhateverItsSinkDoes(trouble: Trouble, more: [String]) throws {
        try record(100)
        let server: ScriptedServer?
        let sink: String
        switch trouble {
        case .silentEngine: (server, sink) = (TroubledEngine.silent(), "elasticsearch:")
        case .busyEngine: (server, sink) = (TroubledEngine.busy(), "elasticsearch:")
        case .pipeWithoutReader:
            try FrozenErrors.makePipe(folder.path + "/pipe")
            (server, sink) = (nil, "ndjson:pipe")
        }
        defer { server?.stop() }
        let program = try start(sink + (server.map { $0.url + "/posts" } ?? ""), more)
        if let server {
            _ = try until("a call; \(program.errors)") { server.connectionCount > 0 ? true : nil }
        }
        // Well into the wait, of which a program shows nothing outside.
        sleepMilliseconds(500)
        let (result, took) = try stop(program)
        let place: Comment = "\(trouble) \(more): \(result.status) after \(took): \(result.errors)"
        #expect(!result.wasKilled, place)
        #expect(took < .seconds(TrialSize.limit(trouble.promised)), place)
        // Something was lost or skipped, or: try again later.
        #expect([3, 75].contains(result.status), place)
        #expect(!result.errors.isEmpty, place)
    }

    @Test(arguments: [["--no-setup"], []]) func anEngineThatNeverAnswersIsGivenUpInTime(more: [String]) throws {
        try record(100)
        let server = TroubledEngine.silent()
        defer { server.stop() }
        let start = ContinuousClock.now
        let program = try self.start("elasticsearch:\(server.url)/posts", ["--give-up-after", "3s"] + more)
        let result = try program.wait(seconds: 150)
        let took = ContinuousClock.now - start
        #expect(result.status == 75, "\(result.status) \(result.errors)")
        #expect(took >= .seconds(2.5) && took < .seconds(TrialSize.limit(4)), "\(took): \(result.errors)")
    }

    @Test(arguments: [["--no-setup"], []]) func aNameThatIsNotFoundIsAskedForAgainUntilItIsGivenUp(
        more: [String]
    ) throws {
        try record(100)
        let start = ContinuousClock.now
        // RFC 6761: never a host.
        let program = try self.start(
            "elasticsearch:http://no-host.invalid:9200/posts",
            ["--give-up-after", "3s"] + more
        )
        let result = try program.wait(seconds: 150)
        let took = ContinuousClock.now - start
        #expect(result.status == 75, "\(result.status) \(result.errors)")
        #expect(took >= .seconds(2.5) && took < .seconds(TrialSize.limit(4)), "\(took): \(result.errors)")
    }

    @Test(arguments: ["filtered/0000000001.zst", "filtered/tail", "catalog.sqlite", "state.sqlite"])
    func aPipeInPlaceOfAJournalsFileHoldsNobodyUp(name: String) throws {
        try record(100)
        let path = folder.path + "/journal/" + name
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try FrozenErrors.makePipe(path)
        let program = try start("ndjson:f.ndjson", ["--checkpoint", "p"])
        let result = try program.wait(seconds: 20)
        #expect(!result.wasKilled)
        // The catalog is only a convenience; everything else has to be named.
        #expect(name == "catalog.sqlite" || result.status != 0, "\(result.status) \(result.errors)")
        #expect(result.status == 0 || result.errors.contains(name), "\(result.errors)")
    }
}
