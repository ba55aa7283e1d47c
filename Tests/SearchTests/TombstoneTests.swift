import Foundation
import JSON
import SQLite
import TestSupport
import Testing
import Time
import Transform

@testable import Sinks

/// A post that is gone stays out of the alias, and of the view, whatever older documents come later.
///
/// REPRISE_TEST_TOMBSTONE_SECONDS sets how long after it they come: an engine forgets a real delete after 60 s.
@Suite(.timeLimit(.minutes(15)))
struct TombstoneTests {
    private static let arrival = Timestamp(microseconds: 1_780_000_000_000_000)
    private static let seconds = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_TOMBSTONE_SECONDS"] ?? "") ?? 2

    /// A place that documents go to, seen as a search sees it, and as it is.
    private struct Place {
        /// Delivers, and returns what became of the documents.
        let deliver: (DocumentBatch) throws -> DeliveryCounts
        /// The posts that are shown, each with its likes.
        let shown: () throws -> [String: Int]
        /// How many documents there are, hidden ones included.
        let held: () throws -> Int
        /// What may make an engine forget: closed, opened, written out.
        let shakes: [() throws -> Void]
    }

    /// A sighting that many seconds after the first, with that many likes.
    private func post(_ id: String, after seconds: Int, into batch: DocumentBatch) {
        let line = """
            {"data":{"id":"\(id)","text":"post","public_metrics":{"like_count":\(seconds)}},"matching_rules":[{"tag":"cats"}]}
            """
        let bytes = Array(line.utf8) + [UInt8](repeating: 0, count: DefaultTransform.padding)
        bytes.withUnsafeBytes { bytes in
            let line = UnsafeRawBufferPointer(rebasing: bytes.dropLast(DefaultTransform.padding))
            let arrival = Self.arrival + .seconds(seconds)
            let outcome = DefaultTransform().transform(line, offset: 0, arrival: arrival, ordinal: 0, into: batch)
            #expect(outcome == .yielded(1))
        }
    }

    private func posts(_ ids: [String], after seconds: Int) -> DocumentBatch {
        let batch = DocumentBatch()
        for id in ids { post(id, after: seconds, into: batch) }
        return batch
    }

    private func stones(_ ids: [String], after seconds: Int) -> DocumentBatch {
        let batch = DocumentBatch()
        for (number, id) in ids.enumerated() {
            let arrival = Self.arrival + .seconds(seconds)
            #expect(batch.addTombstone(of: id, offset: 0, number: number, arrival: arrival, ordinal: 0))
        }
        return batch
    }

    private func check(_ place: Place) throws {
        // The second never showed; the third stays.
        #expect(try place.deliver(posts(["1", "3"], after: 10)) == DeliveryCounts(accepted: 2))
        #expect(try place.deliver(stones(["1", "2"], after: 20)) == DeliveryCounts(accepted: 2))
        func olderOnesStayOut(_ when: Comment) throws {
            for seconds in [0, 10, 19, 20] {
                #expect(try place.deliver(posts(["1", "2"], after: seconds)) == DeliveryCounts(stale: 2), when)
            }
            #expect(try place.deliver(stones(["1", "2"], after: 20)) == DeliveryCounts(stale: 2), when)
            #expect(try place.shown() == ["3": 10], when)
            #expect(try place.held() == 3, when)
        }
        try olderOnesStayOut("at once")
        sleepMilliseconds(Self.seconds * 1_000)
        try olderOnesStayOut("after \(Self.seconds) s")
        for (number, shake) in place.shakes.enumerated() {
            try shake()
            try olderOnesStayOut("after shake \(number)")
        }
        // Whoever comes back shows again, and may go once more.
        #expect(try place.deliver(posts(["1"], after: 21)) == DeliveryCounts(accepted: 1))
        #expect(try place.shown() == ["1": 21, "3": 10])
        #expect(try place.deliver(stones(["1"], after: 22)) == DeliveryCounts(accepted: 1))
        try olderOnesStayOut("gone once more")
        // All of it in one call, in the wrong order.
        let mixed = stones(["4"], after: 9)
        post("4", after: 8, into: mixed)
        post("4", after: 11, into: mixed)
        post("4", after: 10, into: mixed)
        #expect(try place.deliver(mixed) == DeliveryCounts(accepted: 2, stale: 2))
        #expect(try place.shown() == ["3": 10, "4": 11])
    }

    @Test(.needs(.opensearch, .elasticsearch), arguments: SearchPeer.open)
    func theAliasOfARealEngineHidesItAndKeepsOlderOnesOut(peer: SearchPeer) async throws {
        let engine = try await Engine(peer)
        let target = try engine.setup().prepare()
        let sink = SearchSink(engine.address, .init(), identity: target.identity)
        try check(
            Place(
                deliver: { batch in
                    let delivery = try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(60)), seed: 1)
                    _ = try delivery.deliver(batch)
                    try delivery.finish()
                    defer { try? delivery.close() }
                    return try delivery.progress().counts
                },
                shown: {
                    try engine.ask("POST", "/\(engine.alias)/_refresh")
                    let hits = try engine.ask("GET", "/\(engine.alias)/_search")["hits"]?["hits"]?.elements ?? []
                    return Dictionary(
                        uniqueKeysWithValues: hits.map {
                            ($0["_id"]?.text ?? "", $0["_source"]?["likes"]?.integer ?? -1)
                        }
                    )
                },
                held: { try engine.count(target.index) ?? -1 },
                shakes: [
                    { try engine.ask("POST", "/\(target.index)/_flush?force=true") },
                    {
                        try engine.ask("POST", "/\(target.index)/_close")
                        try engine.ask("POST", "/\(target.index)/_open?wait_for_active_shards=1")
                    },
                    { try engine.ask("POST", "/\(target.index)/_forcemerge?max_num_segments=1") },
                ]
            )
        )
    }

    @Test func theViewOfTheEmbeddedIndexHidesItAndKeepsOlderOnesOut() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/index.sqlite"
        func open() throws -> LocalDelivery {
            LocalDelivery(try SQLiteSink(path: path, transformDigest: DefaultTransform.digest))
        }
        var delivery = try open()
        var before = DeliveryCounts()
        try check(
            Place(
                deliver: { batch in
                    _ = try delivery.deliver(batch)
                    let all = delivery.progress().counts
                    defer { before = all }
                    return DeliveryCounts(accepted: all.accepted - before.accepted, stale: all.stale - before.stale)
                },
                shown: {
                    let reader = try Connection(path: path, mode: .readOnly)
                    let select = try reader.prepare("SELECT tweet_id, likes FROM posts")
                    var found: [String: Int] = [:]
                    while try select.step() { found[select.string(0) ?? ""] = Int(select.int64(1)) }
                    // The counts that the page shows say the same.
                    let total = try reader.int64("SELECT coalesce(sum(count), 0) FROM totals")
                    #expect(total == Int64(found.count))
                    return found
                },
                held: {
                    try Int(Connection(path: path, mode: .readOnly).int64("SELECT count(*) FROM documents") ?? -1)
                },
                shakes: [
                    { try delivery.flush() },
                    {
                        try delivery.close()
                        delivery = try open()
                        before = DeliveryCounts()
                    },
                ]
            )
        )
    }
}
