import Foundation
import HTTPClient
import JSON
import TestSupport
import Time
import Transform

@testable import Sinks

/// An engine, an alias of a test's own in it, and a client to look at both.
struct Engine {
    let address: SearchAddress
    let client: SearchClient

    var alias: String { address.alias }

    init(_ peer: SearchPeer, alias: String? = nil, _ connection: SearchConnection = .init()) async throws {
        let kind: SearchEngine = peer == .opensearch ? .opensearch : .elasticsearch
        let url = try await peer.url()
        let name = alias ?? "t\(UUID().uuidString.lowercased().prefix(13))"
        address = try SearchAddress(kind, "\(url)/\(name)")
        client = try SearchClient(address, connection)
    }

    init(_ engine: SearchEngine, url: String, alias: String = "posts", _ connection: SearchConnection = .init()) throws
    {
        address = try SearchAddress(engine, "\(url)/\(alias)")
        client = try SearchClient(address, connection)
    }

    func setup(digest: String = DefaultTransform.digest) -> SearchSetup {
        SearchSetup(client, transformDigest: digest)
    }

    /// Asks, and gives the JSON of a success.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: JSONTree? = nil) throws -> JSONValue {
        let reply = try client.send(method, path, body: body?.bytes)
        guard (200..<300).contains(reply.status), let json = reply.json else {
            throw Refused(status: reply.status, text: reply.errorText)
        }
        return json
    }

    func count(_ name: String) throws -> Int? {
        try ask("POST", "/\(name)/_refresh")
        return try ask("GET", "/\(name)/_count")["count"]?.integer
    }

    /// Everything that this test's names have in the engine, to see that nothing was changed.
    func state() throws -> JSONValue { try ask("GET", "/\(alias)*?expand_wildcards=open,closed") }

    struct Refused: Error {
        let status: Int
        let text: String
    }
}

/// What a call is refused with; nil where it is not.
func refusal(_ body: () throws -> Void) -> SinkError? {
    do {
        try body()
        return nil
    } catch {
        return error as? SinkError
    }
}

/// The document of a post with every field that there is.
func fullDocument(id: String = "42") throws -> (json: String, version: UInt64) {
    let record = """
        {"data":{"id":"\(id)","text":"a cat \\ud83d\\ude3a","created_at":"2026-05-28T20:26:40.000Z","author_id":"7","lang":"en",\
        "public_metrics":{"retweet_count":1,"reply_count":2,"like_count":3,"quote_count":4},\
        "referenced_tweets":[{"type":"quoted","id":"1"}]},\
        "matching_rules":[{"id":"1","tag":"cats"},{"id":"2","tag":"pets"}]}
        """
    let bytes = Array(record.utf8) + [UInt8](repeating: 0, count: DefaultTransform.padding)
    let batch = DocumentBatch()
    bytes.withUnsafeBytes { bytes in
        _ = DefaultTransform().transform(
            UnsafeRawBufferPointer(rebasing: bytes.dropLast(DefaultTransform.padding)),
            offset: 0,
            arrival: .init(microseconds: 1_780_000_000_123_456),
            ordinal: 0,
            into: batch
        )
    }
    guard let document = batch.documents.first else { throw Engine.Refused(status: 0, text: "no document") }
    return (batch.json(of: document), document.version)
}
