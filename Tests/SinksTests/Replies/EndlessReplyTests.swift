import Failures
import Foundation
import TestSupport
import Testing
import Transform

@testable import Sinks

/// Replies that are too much.
@Suite(.timeLimit(.minutes(20))) struct EndlessReplyTests {
    /// More than a reply may have; whether the engine says so before or just goes on.
    @Test(arguments: [true, false]) func aHundredMegabytesAreCutOffAndTheCallIsMadeAgain(isAnnounced: Bool) throws {
        let part = Array(String(repeating: #"{"index":{"status":201}},"#, count: 40_000).utf8)
        let server = ScriptedServer { connection in
            let length = isAnnounced ? "Content-Length: 104857600\r\n" : ""
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\(length)\r\n")
            connection.send(#"{"errors":false,"items":["#)
            for _ in 0..<105 where !connection.send(part) { return }
        }
        defer { server.stop() }
        let address = try SearchAddress(.opensearch, "\(server.url)/posts")
        let caller = try SearchSink(address, .init(), identity: "opensearch:test").makeCaller()
        let batch = ReplyJudge().batch
        let documents = batch.documents.indices.map(Int32.init)
        guard case .failed(.serverFault, let reason, nil) = caller.call(batch, documents, CallControl()) else {
            Issue.record("a result out of a reply that is too large")
            return
        }
        #expect(reason.contains("64"), "\(reason)")
    }
}
