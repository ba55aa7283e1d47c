import Foundation
import HTTPClient
import JSON
import TestSupport
import Testing
import Time
import Transform

@testable import Sinks

/// An alias of a test's own in a real engine.
final class SearchIndex {
    let sink: SearchSink
    private let client: SearchClient
    private let alias: String

    init() async throws {
        let url = try await SearchPeer.opensearch.url()
        alias = "w\(UUID().uuidString.lowercased().prefix(13))"
        let address = try SearchAddress(.opensearch, "\(url)/\(alias)")
        client = try SearchClient(address, .init())
        let target = try SearchSetup(client, transformDigest: DefaultTransform.digest).prepare()
        sink = SearchSink(address, .init(), identity: target.identity)
    }

    func delivery() throws -> ConcurrentDelivery {
        try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(120)), seed: 1)
    }

    private func ask(_ path: String, _ body: String? = nil) throws -> JSONValue {
        let reply = try client.send("POST", path, body: body.map { Array($0.utf8) })
        let json = try #require(reply.status == 200 ? reply.json : nil, "\(path): \(reply.status) \(reply.errorText)")
        return json
    }

    /// Everything that the alias shows, a line a post, in the form of `shown(by:)`.
    func content() throws -> [String] {
        _ = try ask("/\(alias)/_refresh")
        var lines: [String] = []
        var after: String?
        while true {
            let behind = after.map { #","search_after":["\#($0)"]"# } ?? ""
            let body = #"{"size":2000,"sort":["tweet_id"],"version":true\#(behind)}"#
            let hits = try ask("/\(alias)/_search", body)["hits"]?["hits"]?.elements ?? []
            guard let last = hits.last else { return lines.sorted() }
            for hit in hits { lines.append(try Self.line(hit)) }
            after = last["_id"]?.text
        }
    }

    /// Likes and posts by category, as the engine itself adds them up.
    func totals() throws -> [String: (posts: Int, likes: Int)] {
        let terms = #""terms":{"field":"category","size":50,"missing":""}"#
        let body = #"{"size":0,"aggs":{"c":{\#(terms),"aggs":{"l":{"sum":{"field":"likes"}}}}}}"#
        let buckets = try ask("/\(alias)/_search", body)["aggregations"]?["c"]?["buckets"]?.elements ?? []
        var found: [String: (posts: Int, likes: Int)] = [:]
        for bucket in buckets {
            let sum = try #require(bucket["l"]?["value"]?.integer)
            let count = bucket["doc_count"]?.integer ?? -1
            found[bucket["key"]?.text ?? "?"] = (posts: count, likes: sum)
        }
        return found
    }

    private static let fields = [
        "tweet_id", "retweets", "replies", "likes", "category", "timestamp", "quotes", "created_at", "author_id",
        "lang", "text", "kind",
    ]

    private static func line(_ hit: JSONValue) throws -> String {
        let source = try #require(hit["_source"])
        var values = fields.map { source[$0]?.text ?? "-" }
        let tags = source["categories"]?.elements.map { "\"\($0.text ?? "?")\"" }.joined(separator: ",")
        values.append(tags.map { "[\($0)]" } ?? "-")
        let observed = try #require(source["observed_at"]?.text.flatMap { Timestamp(rfc3339: $0) })
        values.append("\(observed.rawValue)")
        values.append("\(try #require(hit["_version"]?.integer))")
        return values.joined(separator: "|")
    }

    /// Everything that the view of an embedded index shows, in the same form.
    static func shown(by path: String) throws -> [String] {
        try rows(path, "SELECT \(fields.joined(separator: ", ")), categories, observed_at, version FROM posts").sorted()
    }
}
