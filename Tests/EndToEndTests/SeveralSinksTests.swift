import Foundation
import Journal
import TestSupport
import Testing

/// One journal into several sinks at once: each as if it were alone.
@Suite(.timeLimit(.minutes(20)))
struct SeveralSinksTests {
    /// Nobody listens there.
    private static let impatient = ["--give-up-after", "1s"]
    private static let down = "opensearch:http://127.0.0.1:9/posts"

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func record(_ ids: ClosedRange<Int>) throws {
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        for id in ids {
            let post =
                #"{"data":{"id":"\#(id)","text":"post \#(id)"},"matching_rules":[{"id":"1","tag":"cats"}]}"# + "\r\n"
            try Array(post.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private func start(_ sinks: [String], _ more: [String] = []) throws -> RunningProgram {
        let words = ["replay", "--journal", "journal", "--json"] + more + sinks.flatMap { ["--sink", $0] }
        return try RunningProgram(Surroundings.reprise(), words, in: folder)
    }

    private struct Books: Decodable {
        let sink: String
        let status: Int
        let records: Int
        let accepted: Int
        let error: String?
        let lag_ms: Int?
    }

    private func books(_ result: RunningProgram.Result) throws -> [Books] {
        try JSONDecoder().decode([Books].self, from: result.output)
    }

    private func lines(_ name: String) throws -> Int {
        try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8).split(separator: "\n").count
    }

    @Test func eachGetsEverythingAndItsBooksAreNamed() throws {
        try record(1...500)
        let sinks = ["sqlite:b.sqlite", "ndjson:a.ndjson", "null:"]
        let result = try start(sinks).wait()
        #expect(result.status == 0, "\(result.errors)")
        let all = try books(result)
        #expect(all.map(\.sink) == sinks)
        #expect(all.allSatisfy { $0.records == 500 && $0.accepted == 500 && $0.status == 0 && $0.error == nil })
        #expect(try lines("a.ndjson") == 500)
        let alone = try start(["ndjson:alone.ndjson"]).wait()
        #expect(try JSONDecoder().decode([String: Int].self, from: Self.numbers(alone.output))["accepted"] == 500)
        #expect(
            FileManager.default.contentsEqual(
                atPath: folder.path + "/a.ndjson",
                andPath: folder.path + "/alone.ndjson"
            )
        )
        let words = ["replay", "--journal", "journal", "--sink", "null:", "--sink", "sqlite:b.sqlite"]
        let text = try RunningProgram(Surroundings.reprise(), words, in: folder).wait()
        #expect(text.errors.contains("sink       null:\nrecords    500 = "), "\(text.errors)")
        #expect(text.errors.contains("500 = 0 accepted + 500 stale + 0 rejected"), "\(text.errors)")
    }

    /// The books of one sink are an object, as ever; its numbers alone.
    private static func numbers(_ json: Data) throws -> Data {
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        return try JSONSerialization.data(withJSONObject: object.filter { $0.value is Int })
    }

    @Test func documentsToStandardOutputLeaveNoRoomForBooksThere() throws {
        try record(1...20)
        let result = try start(["null:", "ndjson:-"]).wait()
        #expect(result.status == 0 && result.text.split(separator: "\n").count == 20)
        #expect(try JSONDecoder().decode([Books].self, from: Data(result.errors.utf8)).count == 2)
    }

    @Test func oneThatIsDownIsNamedAndTheOtherFinishes() throws {
        try record(1...50)
        let result = try start([Self.down, "sqlite:a.sqlite"], Self.impatient).wait()
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.errors.contains("reprise: \(Self.down): "), "\(result.errors)")
        let all = try books(result)
        #expect(all[0].status == 75 && all[0].error != nil && all[0].accepted == 0)
        #expect(all[1].status == 0 && all[1].accepted == 50)
        let broken = try start(["ndjson:no/such/folder", Self.down, "null:"], Self.impatient).wait()
        #expect(broken.status == 1, "what failed is worse than what is down: \(broken.errors)")
        #expect(try books(broken).map(\.status) == [1, 75, 0])
    }

    @Test func whileFollowingOneThatIsDownIsTriedAgainAndAllEndTogether() throws {
        try record(1...30)
        let program = try start([Self.down, "ndjson:a.ndjson"], ["--follow", "--checkpoint", "live"])
        _ = try until("30 lines; \(program.errors)") { try? lines("a.ndjson") == 30 ? true : nil }
        try record(31...40)
        _ = try until("40 lines; \(program.errors)") { try lines("a.ndjson") == 40 ? true : nil }
        program.send(SIGINT)
        let result = try program.wait(seconds: 20)
        #expect(result.status == 75, "\(result.errors)")
        #expect(result.errors.contains("tried again"), "\(result.errors)")
        #expect(try books(result).map(\.accepted) == [0, 40])
        #expect(
            try books(result).map(\.lag_ms) == [nil, 0],
            "nothing is known of the first, the second was at the end"
        )
    }

    /// What each sink took in its last replay, by name.
    private func more(_ sinks: [String]) throws -> [Int] {
        let result = try start(sinks, ["--checkpoint", "live"]).wait()
        #expect(result.status == 0, "\(result.errors)")
        if sinks.count > 1 { return try books(result).map(\.records) }
        return [try JSONDecoder().decode([String: Int].self, from: Self.numbers(result.output))["records"] ?? -1]
    }

    @Test func eachGoesOnWhereItWasWhateverComesAndGoesBesideIt() throws {
        let (a, b, c) = ("ndjson:a.ndjson", "sqlite:b.sqlite", "ndjson:c.ndjson")
        try record(1...10)
        #expect(try more([a]) == [10])
        try record(11...13)
        #expect(try more([b, a]) == [13, 3], "the first goes on, the second begins")
        try record(14...15)
        #expect(try more([a, c, b]) == [2, 15, 2], "in another order, beside a third")
        try record(16...16)
        #expect(try more([b]) == [1], "the one that came later, alone")
        #expect(try more([c]) == [1])
        #expect(try more([a]) == [1])
        #expect(try lines("a.ndjson") == 16 && lines("c.ndjson") == 16)
    }

    @Test func whatMakesNoSenseIsRefusedBeforeAnythingIsWritten() throws {
        try record(1...5)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link",
            withDestinationPath: folder.path
        )
        try "".write(toFile: folder.path + "/one", atomically: true, encoding: .utf8)
        try FileManager.default.linkItem(atPath: folder.path + "/one", toPath: folder.path + "/other")
        let cases: [([String], [String], String)] = [
            (["ndjson:a", "ndjson:a"], [], "'ndjson:a' is one sink"),
            (["ndjson:a", "null:", "ndjson:./a"], [], "'ndjson:a' and 'ndjson:./a' are one sink"),
            (["ndjson:a", "sqlite:link/a"], [], "are one sink"),
            (["ndjson:-", "ndjson:-"], [], "is one sink"),
            (["ndjson:one", "ndjson:other"], [], "'ndjson:one' and 'ndjson:other' are one sink"),
            (["opensearch:http://h:9200/p", "elasticsearch:http://H:9200/p"], [], "one sink"),
            (["ndjson:a", "null:"], ["--checkpoint", String(repeating: "n", count: 34)], "33 characters"),
            (["opensearch:http://h:9200/p", "ndjson:a"], ["--rebuild"], "--rebuild is of one index"),
            (["ndjson:a", "nowhere:b"], [], "'nowhere:b' is no sink"),
        ]
        for (sinks, more, text) in cases {
            let result = try start(sinks, more).wait()
            #expect(result.status == 64 && result.errors.contains(text), "\(sinks): \(result.status) \(result.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/a"))
    }

    @Test func runFeedsSeveralBesideThePagesOwnIndex() throws {
        let run = ["run", "--simulate", "--simulate-rate", "200", "--port", "0"]
        let sinks = ["--sink", "ndjson:a.ndjson", "--sink", Self.down, "--sink", "ndjson:b.ndjson"]
        let program = try RunningProgram(Surroundings.reprise(), run + sinks, in: folder)
        for name in ["a.ndjson", "b.ndjson"] {
            _ = try until("100 lines of \(name); \(program.errors)") { try? lines(name) > 100 ? true : nil }
        }
        program.send(SIGTERM)
        let result = try program.wait(seconds: 20)
        #expect(result.status == 0, "\(result.errors)")
        let twice = ["--sink", "sqlite:data/simulated/index.sqlite"]
        let refused = try RunningProgram(Surroundings.reprise(), run + twice, in: folder).wait()
        #expect(refused.status == 64 && refused.errors.contains("one sink"), "\(refused.errors)")
    }
}
