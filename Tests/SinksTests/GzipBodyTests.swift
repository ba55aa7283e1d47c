import Foundation
import Journal
import Lifecycle
import Synchronization
import TestSupport
import Testing

@testable import Replayer
@testable import Sinks

/// Bulk requests whose bodies are compressed.
@Suite(.timeLimit(.minutes(20)))
struct GzipBodyTests {
    /// The posts that an engine has, and how many calls it found too large.
    private final class Engine: Sendable {
        struct State {
            var lines: [String: String] = [:]
            var tooLarge = 0
            var wrong: [String] = []
        }
        let state = Mutex(State())

        func answer(_ connection: ScriptedServer.Connection, limit: Int) throws {
            let head = connection.request.components(separatedBy: "\r\n\r\n")[0].lowercased()
            guard head.contains("content-encoding: gzip"), let body = try gunzip(connection.body) else {
                state.withLock { $0.wrong.append(head) }
                return connection.answer(status: "400 Bad Request", body: "{}")
            }
            let lines = String(decoding: body, as: UTF8.self).split(separator: "\n").map(String.init)
            guard lines.count / 2 <= limit else {
                state.withLock { $0.tooLarge += 1 }
                return connection.answer(status: "413 Too Large", body: "{}")
            }
            state.withLock { state in
                for index in stride(from: 0, to: lines.count - 1, by: 2) {
                    state.lines[lines[index]] = lines[index + 1]
                }
            }
            let items = Array(repeating: #"{"index":{"status":201}}"#, count: lines.count / 2).joined(separator: ",")
            connection.answer(status: "200 OK", body: #"{"errors":false,"items":[\#(items)]}"#)
        }
    }

    @Test func theyHoldTheSameAndAreHalvedWhereTheyAreTooLarge() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        for id in 1...40 {
            let post =
                #"{"data":{"id":"\#(id)","text":"é \#(id)"},"matching_rules":[{"id":"1","tag":"cats"}]}"# + "\r\n"
            try Array(post.utf8).withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
        let engine = Engine()
        let server = ScriptedServer { connection in
            do { try engine.answer(connection, limit: 11) } catch { Issue.record(error) }
        }
        defer { server.stop() }
        let sink = SearchSink(
            try SearchAddress(.opensearch, "\(server.url)/posts"),
            SearchConnection(usesGzip: true),
            identity: "opensearch:test"
        )
        let replayer = Replayer(
            journal: try Journal(directory: folder.path),
            configuration: .init(),
            delivery: try ConcurrentDelivery(sink, patience: .givingUp(after: .seconds(60)), seed: 1)
        )
        try replayer.run(ShutdownSignal())
        let state = engine.state.withLock { $0 }
        #expect(state.wrong.isEmpty)
        // 40 and twice 20 are too large, four times 10 are not.
        #expect(state.tooLarge == 3)
        #expect(replayer.currentBooks.accepted == 40 && state.lines.count == 40)
        let plain = try NDJSONSink(path: folder.path + "/plain", resuming: false)
        try Replayer(journal: Journal(directory: folder.path), configuration: .init(), sink: plain).run(
            ShutdownSignal()
        )
        let documents = try String(contentsOfFile: folder.path + "/plain", encoding: .utf8).split(separator: "\n")
        // An append sink writes the version behind the document.
        let expected = Set(documents.map { String($0).replacing(/,"version":\d+}$/, with: "}") })
        #expect(Set(state.lines.values) == expected && expected.count == 40)
    }
}
