import Foundation
import JSON
import Synchronization
import TestSupport

/// A search engine in memory that keeps the newest version of each document, and makes calls fail by seed.
final class FaultyEngine: Sendable {
    struct State {
        var documents: [String: (version: Int, json: String)] = [:]
        var random: SeededRandom
        /// Of a hundred calls.
        var faults: Int
        var calls = 0
        var failed = 0
    }

    let server: ScriptedServer
    private let state: Shared

    private final class Shared: Sendable {
        let value: Mutex<State>
        init(_ state: State) { value = Mutex(state) }
    }

    init(seed: UInt64, faults: Int) {
        let shared = Shared(State(random: SeededRandom(seed: seed), faults: faults))
        state = shared
        server = ScriptedServer { connection in
            let body = connection.request.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
            let fault = shared.value.withLock { state -> Int? in
                state.calls += 1
                guard Int.random(in: 0..<100, using: &state.random) < state.faults else { return nil }
                state.failed += 1
                return Int.random(in: 0..<8, using: &state.random)
            }
            switch fault {
            case 0: connection.answer(status: "429 Too Many", headers: "Retry-After: 0\r\n", body: #"{"error":"busy"}"#)
            case 1: connection.answer(status: "503 Unavailable", body: #"{"error":"busy"}"#)
            case 2: connection.reset()
            case 3: connection.hold(seconds: 1)
            case 4:
                // It was written, but nobody hears of it.
                _ = FaultyEngine.apply(body, to: shared, partial: false)
                connection.reset()
            case 5:
                let reply = FaultyEngine.apply(body, to: shared, partial: false)
                connection.answer(status: "200 OK", body: String(reply.prefix(reply.count / 2)))
            case 6:
                // Fewer items than documents.
                let reply = FaultyEngine.apply(body, to: shared, partial: false)
                connection.answer(
                    status: "200 OK",
                    body: reply.replacingOccurrences(of: "[{\"index\":{\"status\":201}},", with: "[")
                )
            case 7: connection.answer(status: "200 OK", body: FaultyEngine.apply(body, to: shared, partial: true))
            default: connection.answer(status: "200 OK", body: FaultyEngine.apply(body, to: shared, partial: false))
            }
        }
    }

    deinit { server.stop() }

    /// Every document with its version.
    var documents: [String: String] {
        state.value.withLock { $0.documents.mapValues { "\($0.version) \($0.json)" } }
    }

    var counts: (calls: Int, failed: Int) { state.value.withLock { ($0.calls, $0.failed) } }

    private static func apply(_ body: String, to shared: Shared, partial: Bool) -> String {
        shared.value.withLock { state in
            let lines = body.split(separator: "\n")
            var items: [String] = []
            for index in stride(from: 0, to: lines.count - 1, by: 2) {
                let action = JSONValue.parse(Array(lines[index].utf8))?["index"]
                guard let id = action?["_id"]?.text, let version = action?["version"]?.integer else { continue }
                if partial, Int.random(in: 0..<4, using: &state.random) == 0 {
                    let status = Bool.random(using: &state.random) ? 429 : 503
                    items.append(
                        #"{"index":{"status":\#(status),"error":{"type":"es_rejected_execution_exception","reason":"full"}}}"#
                    )
                } else if let known = state.documents[id], known.version >= version {
                    items.append(
                        #"{"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[1]: \"older\" {"}}}"#
                    )
                } else {
                    state.documents[id] = (version, String(lines[index + 1]))
                    items.append(#"{"index":{"status":201}}"#)
                }
            }
            return #"{"errors":\#(items.contains { !$0.contains("201") }),"items":[\#(items.joined(separator: ","))]}"#
        }
    }
}
