import Foundation
import TestSupport
import Testing

/// SIGKILL, again and again, of what feeds sinks; in the end each holds what an undisturbed replay leaves.
@Suite(.timeLimit(.minutes(60)))
struct SinkKillTests {
    /// Starts a program and kills it a moment after it has begun its work, as often as the size of the trials says.
    private func killed(
        _ random: inout SeededRandom,
        _ start: () throws -> RunningProgram,
        until isAtWork: (RunningProgram) throws -> Bool
    ) throws {
        for kill in 1...TrialSize.kills {
            let program = try start()
            // An instant that nobody chose: at the start too, once the first times have shown that it does its work.
            let isEarly = kill > 2 && Int.random(in: 0..<3, using: &random) == 0
            if !isEarly {
                _ = try until("work before kill \(kill), \(random): \(program.errors)", seconds: 60) {
                    try isAtWork(program) ? true : nil
                }
            }
            sleepMilliseconds(Int.random(in: 0..<400, using: &random))
            program.send(SIGKILL)
            #expect(try program.wait(seconds: 10).wasKilled, "kill \(kill), \(random)")
        }
    }

    private func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    /// The documents that the journal gives, by a replay that nothing happens to.
    private func reference(_ journal: String, _ sink: String, in folder: TemporaryFolder) throws -> Data {
        let words = ["replay", "--journal", journal, "--source", "filtered", "--sink", sink]
        return try output(of: Surroundings.reprise(), words, in: folder, seconds: 300)
    }

    private func lines(_ path: String) throws -> [Substring] {
        try Self.lines(Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static func lines(_ data: Data) -> [Substring] {
        String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    /// What of two lists is not the same, in words; nil where nothing is.
    private func difference(_ lines: [Substring], _ expected: [Substring]) -> String? {
        if lines == expected { return nil }
        let doubled = lines.count - Set(lines).count
        let missing = Set(expected).subtracting(lines).count
        return "\(lines.count) lines for \(expected.count): \(doubled) more than once, \(missing) missing"
    }

    @Test func aFollowerThatIsKilledWritesEachDocumentOnceInOrder() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom()
        let recording = try Recording(in: folder, simulator: ["--rate", "400"])
        try recording.until(bytes: 20_000)
        let file = folder.path + "/live.ndjson"
        let words = ["replay", "--journal", recording.journal, "--checkpoint", "a", "--sink", "ndjson:\(file)"]
        let program = try Surroundings.reprise()
        var before = 0
        try killed(&random) {
            before = size(file)
            return try RunningProgram(program, words + ["--follow"], in: folder)
        } until: { _ in
            size(file) > before
        }
        try recording.stop()
        let last = try RunningProgram(program, words, in: folder).wait(seconds: 120)
        #expect(last.status == 0, "\(last.errors)")
        let expected = Self.lines(try reference(recording.journal, "ndjson:-", in: folder))
        #expect(expected.count > 100)
        let found = difference(try lines(file), expected)
        #expect(found == nil, "\(found ?? ""), \(random)")
    }

    @Test func aRunThatIsKilledLeavesAllItsSinksAsAReplayWould() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom()
        let simulator = try RunningProgram(
            Surroundings.reprise(),
            ["simulate", "--port", "0", "--rate", "300"],
            in: folder
        )
        let url = try simulator.firstLine()
        let (journal, file) = (folder.path + "/journal", folder.path + "/run.ndjson")
        let indices = [journal + "/index.sqlite", folder.path + "/second.sqlite"]
        let words = [
            "run", "--journal", journal, "--port", "0", "--backoff-scale", "0.01", "--sink", "ndjson:\(file)", "--sink",
            "sqlite:\(indices[1])",
        ]
        func start() throws -> RunningProgram {
            let environment = ["X_API_URL": url, "BEARER_TOKEN": Recording.token]
            return try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment)
        }
        var before = 0
        try killed(&random) {
            before = size(file)
            return try start()
        } until: { _ in
            size(file) > before
        }
        // Nothing more comes, so that the last run can catch up.
        before = size(file)
        let last = try start()
        _ = try until("the last run delivers; \(last.errors)", seconds: 60) { size(file) > before ? true : nil }
        simulator.send(SIGTERM)
        _ = try simulator.wait(seconds: 10)
        // What was on the wire may still be on its way into the journal, so the reference is made anew for each look.
        let clean = folder.path + "/clean.sqlite"
        var (expected, rows): ([Substring], [String]) = ([], [])
        _ = try? until("all sinks are at the end", seconds: 60) {
            expected = Self.lines(try reference(journal, "ndjson:-", in: folder))
            _ = try reference(journal, "sqlite:\(clean)", in: folder)
            rows = try TableContent.rows(clean)
            let isThere =
                try lines(file).count >= expected.count && indices.allSatisfy { try TableContent.rows($0) == rows }
            return isThere ? true : nil
        }
        last.send(SIGTERM)
        let result = try last.wait(seconds: 20)
        #expect(result.status == 0, "\(result.status) \(result.errors)")
        #expect(expected.count > 100)
        let found = difference(try lines(file), expected)
        #expect(found == nil, "\(found ?? ""), \(random)")
        for index in indices {
            let isEqual = try TableContent.rows(index) == rows
            #expect(isEqual, "\(index), \(random)")
        }
    }
}
