import Foundation
import Journal
import TestSupport
import Testing

/// A real engine goes away while `reprise run` records and delivers to it, and comes back.
///
/// The data and the waiting are real. What is not is the pace: REPRISE_TEST_OUTAGE_POSTS posts, 900,000 for an hour at 250 a
/// second, come within two minutes. An hour of waiting is simulated in SinksTests.HourWithoutSinkTests.
@Suite(.timeLimit(.minutes(60)))
struct OutageTests {
    private static let posts =
        ProcessInfo.processInfo.environment["REPRISE_TEST_OUTAGE_POSTS"].flatMap(Int.init) ?? 10_000
    /// Posts that are delivered before the outage.
    private static let before = 1_000
    private static let isFullSize = posts >= 300_000
    /// What the process may grow by while the outage lasts, in KiB; the documents of 900,000 posts are ten times that.
    private static let growthLimit = 32 << 10

    /// The books that `reprise replay --json` prints.
    private struct Books: Decodable {
        let records: Int
        let yielding: Int
        let dropped: [String: Int]
        let failed: [String: Int]
        let gaps: Int
        let documents: Int
        let accepted: Int
        let stale: Int
        let rejected: Int
    }

    @Test(.needs(.opensearch), .needs(Toxiproxy.self), .needs(.tool("curl"), .tool("cmp")))
    func anOutageCostsNothingButTimeAndEveryDocumentIsThereOnce() async throws {
        let engine = try await SearchPeer.opensearch.url()
        let folder = try TemporaryFolder()
        let journal = folder.path + "/journal"
        let file = folder.path + "/posts.ndjson"
        let size = try Self.write(Self.posts, from: 1_000_000, to: file)
        try Self.record(Self.before, to: journal, as: folder.path + "/before")
        let alias = "o\(UUID().uuidString.lowercased().prefix(8))"
        let curl = try Surroundings.path(.tool("curl"))
        func count() throws -> Int {
            sleepMilliseconds(200)
            try output(of: curl, ["-sf", "-XPOST", "\(engine)/\(alias)/_refresh"], in: folder)
            let text = try output(of: curl, ["-sf", "\(engine)/\(alias)/_count?filter_path=count"], in: folder)
            return try JSONDecoder().decode([String: Int].self, from: text)["count"] ?? 0
        }

        let sent = folder.path + "/sent"
        let simulate = [
            "simulate", "--port", "0", "--file", file, "--once", "--rate", "\(max(2_000, Self.posts / 120))",
        ]
        let simulator = try RunningProgram(
            Surroundings.reprise(),
            simulate + ["--sent-log", sent],
            in: folder,
            environment: ["REPRISE_SIMULATOR_TOKEN": Recording.token]
        )
        // Nothing comes from X before the engine is away.
        let stream = try Toxiproxy(to: simulator.firstLine(), seed: 1)
        try stream.setEnabled(false)
        let door = try Toxiproxy(to: engine, seed: 1)
        let run = ["run", "--journal", journal, "--port", "0", "--backoff-scale", "0.1"]
        let program = try RunningProgram(
            Surroundings.reprise(),
            run + ["--sink", "opensearch:\(door.url)/\(alias)"],
            in: folder,
            environment: ["X_API_URL": stream.url, "BEARER_TOKEN": Recording.token]
        )
        _ = try until("what was recorded before is delivered; \(program.errors)", seconds: 120) {
            (try? count()) == Self.before ? true : nil
        }
        try door.setEnabled(false)
        try stream.setEnabled(true)

        func untilSent(_ bytes: Int) throws {
            _ = try until("\(bytes) bytes sent; \(program.errors)", seconds: 600) {
                try Self.sentByteCount(sent) >= bytes ? true : nil
            }
        }
        try untilSent(size * 3 / 10)
        let warm = try Self.memory(of: program)
        try untilSent(size)
        // Every byte is in the journal while nothing is delivered.
        let compare =
            #"ls -v "$2" | sed "s|^|$2/|" | xargs cat "$3" > "$3.all"; "$0" journal cat --raw --journal "$1" | cmp - "$3.all""#
        let words = [try Surroundings.reprise(), journal, sent, folder.path + "/before"]
        _ = try until("the journal has what was sent; \(program.errors)", seconds: 120) {
            try RunningProgram("/bin/sh", ["-c", compare] + words, in: folder).wait(seconds: 120).status == 0
                ? true : nil
        }
        let late = try Self.memory(of: program)
        #expect(try count() == Self.before, "delivered through a closed door")
        if Self.isFullSize {
            #expect(late.resident - warm.resident < Self.growthLimit, "\(warm) became \(late)")
        }

        let all = Self.before + Self.posts
        try door.setEnabled(true)
        let back = ContinuousClock.now
        _ = try until("\(all) documents; \(program.errors.suffix(1_000))", seconds: 900) {
            try count() == all ? true : nil
        }
        let caughtUp = ContinuousClock.now - back
        let end = try Self.memory(of: program)
        program.send(SIGTERM)
        let result = try program.wait(seconds: 60)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("takes nothing") && result.errors.contains("takes documents again"))
        simulator.send(SIGTERM)
        _ = try simulator.wait(seconds: 10)

        // A second delivery finds each document as new as it brings it.
        let replay = ["replay", "--journal", journal, "--json", "--sink", "opensearch:\(engine)/\(alias)"]
        let text = try output(of: Surroundings.reprise(), replay, in: folder, seconds: 600)
        let books = try JSONDecoder().decode(Books.self, from: text)
        let (dropped, failed) = (books.dropped.values.reduce(0, +), books.failed.values.reduce(0, +))
        #expect(books.records == books.yielding + dropped + failed && failed == 0 && books.gaps == 0)
        #expect(books.yielding == all && books.documents == all)
        #expect(books.accepted == 0 && books.stale == all && books.rejected == 0)
        #expect(try count() == all)
        if Self.isFullSize {
            print("\(Self.posts) posts without the engine: \(warm), \(late); caught up in \(caughtUp): \(end)")
        }
    }

    /// Writes a file of posts, ids from a number on; returns its size.
    private static func write(_ count: Int, from first: Int, to path: String) throws -> Int {
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        var size = 0
        for start in stride(from: 0, to: count, by: 1_000) {
            let text = (start..<min(count, start + 1_000)).map { post(first + $0) + "\n" }.joined()
            size += text.utf8.count
            try file.write(contentsOf: Data(text.utf8))
        }
        try file.close()
        return size
    }

    private static func post(_ id: Int) -> String {
        """
        {"data":{"id":"\(id)","text":"post \(id) about a cat, with as many words as a post has on average, more \
        or less \\u00e9","lang":"en","author_id":"\(id % 977)","created_at":"2026-11-24T12:00:00.000Z",\
        "public_metrics":{"retweet_count":0,"reply_count":1,"like_count":\(id % 101),"quote_count":0}},\
        "matching_rules":[{"id":"1","tag":"cats"}]}\r
        """
    }

    /// Fills a journal with posts, and a file with the same bytes.
    private static func record(_ count: Int, to journal: String, as file: String) throws {
        _ = try write(count, from: 1, to: file)
        let writer = try JournalWriter(directory: journal, source: .filtered)
        for line in try Data(contentsOf: URL(fileURLWithPath: file)).split(
            separator: 10,
            omittingEmptySubsequences: true
        ) {
            try (Array(line) + [10]).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    private static func sentByteCount(_ folder: String) throws -> Int {
        guard FileManager.default.fileExists(atPath: folder) else { return 0 }
        return try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, name in
            sum + ((try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int) ?? 0)
        }
    }

    /// What a process holds in memory, now and at most so far, in KiB.
    private struct Memory: CustomStringConvertible {
        let resident: Int
        let peak: Int
        var description: String { "\(resident >> 10) MiB resident (at most \(peak >> 10))" }
    }

    private static func memory(of program: RunningProgram) throws -> Memory {
        let text = try String(contentsOfFile: "/proc/\(program.processIdentifier)/status", encoding: .utf8)
        func field(_ name: String) throws -> Int {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
            return try #require(Int(line.filter(\.isNumber)))
        }
        return Memory(resident: try field("VmRSS"), peak: try field("VmHWM"))
    }
}
