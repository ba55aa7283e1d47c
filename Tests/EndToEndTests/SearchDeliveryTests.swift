import Foundation
import Journal
import TestSupport
import Testing
import Time

/// One journal into a real search engine, in every way that delivery may go: the index is the same in the end.
@Suite(.timeLimit(.minutes(60)), .serialized)
struct SearchDeliveryTests {
    private static let posts = 9_000

    /// Posts that are seen again with more likes, in four segments; returns where each segment begins, and the end.
    private func record(_ path: String) throws -> [ByteOffset] {
        var random = SeededRandom(seed: 11)
        var borders: [ByteOffset] = []
        for segment in 0..<4 {
            let writer = try JournalWriter(directory: path, source: .filtered)
            borders.append(writer.endOffset)
            for number in 0..<Self.posts / 4 {
                let id = Int.random(in: 0..<Self.posts / 3, using: &random)
                let line = """
                    {"data":{"id":"\(id)","text":"post \(id) \\u00e9 seen \(segment) \(number)","lang":"en",\
                    "created_at":"2026-11-24T12:00:00.000Z","public_metrics":{"retweet_count":0,"reply_count":1,\
                    "like_count":\(segment * 1_000 + number),"quote_count":0}},"matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                    """
                try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
            }
            try writer.close()
            if segment == 3 { borders.append(writer.endOffset) }
        }
        return borders
    }

    private func replay(_ folder: TemporaryFolder, _ arguments: [String]) throws -> RunningProgram {
        try RunningProgram(
            Surroundings.reprise(),
            ["replay", "--journal", folder.path + "/journal"] + arguments,
            in: folder
        )
    }

    private func finish(_ program: RunningProgram) throws {
        let result = try program.wait(seconds: 120)
        #expect(result.status == 0, "\(result.errors)")
    }

    /// Everything that the alias shows, with versions, in order of ids.
    private func content(_ url: String, _ alias: String, _ folder: TemporaryFolder) throws -> Data {
        let curl = try Surroundings.path(.tool("curl"))
        try output(of: curl, ["-sf", "-XPOST", "\(url)/\(alias)/_refresh"], in: folder)
        let query =
            "size=10000&sort=tweet_id&version=true&filter_path=hits.hits._id,hits.hits._version,hits.hits._source"
        return Data(try output(of: curl, ["-sf", "\(url)/\(alias)/_search?\(query)"], in: folder))
    }

    /// REPRISE_TEST_KILLS sets how many kills there are.
    @Test(.needs(.opensearch, .elasticsearch), arguments: SearchPeer.open)
    func theIndexIsTheSameHoweverOftenInWhateverOrderAndAfterKills(peer: SearchPeer) async throws {
        let url = try await peer.url()
        let folder = try TemporaryFolder()
        let borders = try record(folder.path + "/journal")
        let name = "d\(UUID().uuidString.lowercased().prefix(8))"
        func sink(_ suffix: String) -> [String] { ["--sink", "\(peer.kind):\(url)/\(name)\(suffix)"] }

        try finish(replay(folder, sink("once")))
        let once = try content(url, "\(name)once", folder)
        let json = try #require(JSONSerialization.jsonObject(with: once) as? [String: [String: [Any]]])
        let hits = try #require(json["hits"]?["hits"])
        #expect(hits.count > Self.posts / 4)

        for _ in 0..<2 { try finish(replay(folder, sink("twice"))) }
        #expect(try content(url, "\(name)twice", folder) == once, "twice")

        try finish(replay(folder, sink("gzip") + ["--search-gzip"]))
        #expect(try content(url, "\(name)gzip", folder) == once, "compressed")

        for index in (0..<4).reversed() {
            let range = ["--from", "filtered:\(borders[index])", "--to", "filtered:\(borders[index + 1])"]
            try finish(replay(folder, sink("reverse") + range))
        }
        #expect(try content(url, "\(name)reverse", folder) == once, "in reverse")

        let backfill = try replay(folder, sink("both"))
        let live = try replay(folder, sink("both") + ["--from", "filtered:\(borders[2])"])
        try finish(live)
        try finish(backfill)
        #expect(try content(url, "\(name)both", folder) == once, "beside a backfill")

        var random = SeededRandom()
        let resumed = sink("killed") + ["--checkpoint", "\(name)"]
        for _ in 0..<(Int(ProcessInfo.processInfo.environment["REPRISE_TEST_KILLS"] ?? "") ?? 3) {
            let program = try replay(folder, resumed)
            sleepMilliseconds(Int.random(in: 0..<600, using: &random))
            program.send(SIGKILL)
            _ = try program.wait()
        }
        try finish(replay(folder, resumed))
        #expect(try content(url, "\(name)killed", folder) == once, "after kills, \(random)")

        let rebuild = try replay(folder, sink("once") + ["--rebuild"]).wait(seconds: 120)
        #expect(rebuild.status == 0 && rebuild.errors.contains("\(name)once-000002"), "\(rebuild.errors)")
        #expect(try content(url, "\(name)once", folder) == once, "rebuilt")
    }

    @Test(.needs(.opensearch)) func aClosedIndexIsNamedAndDeliveryGoesOnAfterItIsOpened() async throws {
        let url = try await SearchPeer.opensearch.url()
        let folder = try TemporaryFolder()
        _ = try record(folder.path + "/journal")
        let alias = "c\(UUID().uuidString.lowercased().prefix(8))"
        let arguments = ["--sink", "opensearch:\(url)/\(alias)", "--checkpoint", "c"]
        let curl = try Surroundings.path(.tool("curl"))
        try finish(replay(folder, ["--sink", "opensearch:\(url)/\(alias)", "--limit", "10"]))
        try output(of: curl, ["-sf", "-XPOST", "\(url)/\(alias)-000001/_close"], in: folder)
        let refused = try replay(folder, arguments).wait()
        #expect(refused.status == 75 && refused.errors.contains("closed"), "\(refused.status) \(refused.errors)")
        try output(of: curl, ["-sf", "-XPOST", "\(url)/\(alias)-000001/_open"], in: folder)
        try finish(replay(folder, arguments))
        #expect(try content(url, alias, folder).count > 100_000)
    }
}
