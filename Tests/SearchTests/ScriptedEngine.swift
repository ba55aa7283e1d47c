import Synchronization
import TestSupport

/// An engine of given answers, by method and path; what it was asked is kept.
final class ScriptedEngine: Sendable {
    let server: ScriptedServer
    private let requests: Requests

    private final class Requests: Sendable {
        let all = Mutex<[String]>([])
    }

    /// - Parameter answers: the status and body for the first words of a request; 404 for all others.
    init(_ answers: [String: (status: Int, body: String)]) {
        let requests = Requests()
        self.requests = requests
        server = ScriptedServer { connection in
            requests.all.withLock { $0.append(connection.request) }
            let words = connection.request.prefix { $0 != "\r\n" && $0 != "\r" }.split(separator: " ").prefix(2)
            let answer = answers[words.joined(separator: " ")] ?? (404, #"{"error":"nothing here"}"#)
            connection.answer(status: "\(answer.status) Scripted", body: answer.body)
        }
    }

    deinit { server.stop() }

    /// The requests so far, whole.
    var asked: [String] { requests.all.withLock { $0 } }

    static let elasticsearch = #"{"version":{"number":"8.19.8"},"tagline":"You Know, for Search"}"#
    static let opensearch = #"{"version":{"distribution":"opensearch","number":"2.19.6"}}"#
    static let nodes = "GET /_nodes/_local?filter_path=nodes.*.version"
}
