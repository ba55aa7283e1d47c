import Foundation
import Journal
import Lifecycle
import TestSupport
import Testing
import Time
import Transform

@testable import Replayer
@testable import Sinks

/// Connections to a real engine break below HTTP; what it holds in the end is what it would hold without.
@Suite(.timeLimit(.minutes(60)), .serialized)
struct WireFaultTests {
    private static let posts = 2_000
    private static let batch = 10
    /// What has to happen to a delivery, as the client tells it: stalls, resets, answers cut off or left out, refusals.
    private static let everyKind = [["timed out"], ["reset"], ["closed", "Empty"], ["connect to"]]

    private func record(_ path: String) throws {
        var random = SeededRandom(seed: 5)
        let writer = try JournalWriter(directory: path, source: .filtered)
        for number in 0..<Self.posts {
            let id = Int.random(in: 0..<Self.posts / 2, using: &random)
            let line = """
                {"data":{"id":"\(id)","text":"post \(id) \\u00e9 seen \(number)","lang":"en",\
                "created_at":"2026-11-24T12:00:00.000Z","public_metrics":{"retweet_count":0,"reply_count":1,\
                "like_count":\(number),"quote_count":0}},"matching_rules":[{"id":"1","tag":"cats"}]}\r\n
                """
            try Array(line.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
    }

    /// An index of its own behind an alias, made and looked at without the proxy.
    private struct Target {
        let direct: SearchClient
        let identity: String

        init(_ engine: SearchEngine, _ url: String) throws {
            let alias = "w\(UUID().uuidString.lowercased().prefix(13))"
            direct = try SearchClient(try SearchAddress(engine, "\(url)/\(alias)"), .init())
            identity = try SearchSetup(direct, transformDigest: Replayer.transformDigest).prepare().identity
        }

        /// Every document that the alias shows, with its version, in order of ids.
        func content() throws -> String {
            let alias = direct.address.alias
            _ = try direct.send("POST", "/\(alias)/_refresh")
            let path =
                "size=10000&sort=tweet_id&version=true&filter_path=hits.hits._id,hits.hits._version,hits.hits._source"
            let reply = try direct.send("GET", "/\(alias)/_search?\(path)")
            try #require(reply.status == 200, "\(reply.errorText)")
            return String(decoding: reply.body, as: UTF8.self)
        }
    }

    private func deliver(_ journal: String, _ sink: any RemoteSink, seed: UInt64) throws -> ReplayBooks {
        var limits = DeliveryLimits()
        limits.firstWait = .milliseconds(5)
        limits.longestWait = .milliseconds(100)
        let replayer = Replayer(
            journal: try Journal(directory: journal),
            configuration: ReplayConfiguration(batchDocumentLimit: Self.batch),
            delivery: try ConcurrentDelivery(sink, limits: limits, patience: .endless, seed: seed)
        )
        try replayer.run(ShutdownSignal())
        return replayer.currentBooks
    }

    /// REPRISE_TEST_WIRE_SEEDS sets how many seeds each engine gets.
    @Test(.needs(.opensearch, .elasticsearch), .needs(Toxiproxy.self), arguments: SearchPeer.open)
    func whateverBreaksOnTheWireTheContentIsThatOfARunWithoutFaults(peer: SearchPeer) async throws {
        let url = try await peer.url()
        let engine: SearchEngine = peer == .opensearch ? .opensearch : .elasticsearch
        let folder = try TemporaryFolder()
        try record(folder.path)
        let calm = try Target(engine, url)
        let books = try deliver(
            folder.path,
            SearchSink(calm.direct.address, .init(), identity: calm.identity),
            seed: 1
        )
        #expect(books.accepted + books.stale == Self.posts && books.rejected == 0)
        let content = try calm.content()
        #expect(content.count > 100_000)

        var random = SeededRandom()
        let seeds = ProcessInfo.processInfo.environment["REPRISE_TEST_WIRE_SEEDS"].flatMap(Int.init)
        for _ in 0..<(seeds ?? 1) {
            let seed = random.next()
            let place: Comment = "\(random), seed \(seed)"
            let target = try Target(engine, url)
            let watch = Stopwatch()
            let failures = try deliverThroughFaults(folder.path, target, url, seed: seed, place)
            #expect(try target.content() == content, place)
            if seeds != nil { print("\(peer.kind), \(watch.elapsed.microseconds / 1_000) ms: \(failures)") }
        }
    }

    /// Delivers, again and again, until everything has gone wrong that can.
    private func deliverThroughFaults(
        _ journal: String,
        _ target: Target,
        _ url: String,
        seed: UInt64,
        _ place: Comment
    ) throws -> [String: Int] {
        let proxy = try Toxiproxy(to: url, seed: seed)
        let address = try SearchAddress(target.direct.address.engine, "\(proxy.url)/\(target.direct.address.alias)")
        let connection = SearchConnection(timeout: .milliseconds(300))
        let sink = WatchedSink(SearchSink(address, connection, identity: target.identity))
        let weather = WireWeather(over: proxy, seed: seed)
        defer { weather.stop() }
        let watch = Stopwatch()
        var rounds = 0
        repeat {
            rounds += 1
            try #require(watch.elapsed < .seconds(120), "\(sink.failures) is all that went wrong; \(place)")
            let books = try deliver(journal, sink, seed: seed &+ UInt64(rounds))
            #expect(books.records == Self.posts && books.records == books.yielding, place)
            #expect(books.documents == Self.posts && books.rejected == 0, place)
            #expect(books.accepted + books.stale == Self.posts, place)
            // What was delivered once is there, however little the first round heard of it.
            #expect(rounds == 1 || books.accepted == 0, place)
        } while !Self.everyKind.allSatisfy { kind in
            sink.failures.contains { failure in kind.contains { failure.key.contains($0) } }
        }
        weather.stop()
        if let trouble = weather.trouble { throw trouble }
        return sink.failures
    }
}
