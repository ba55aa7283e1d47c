internal import Foundation
internal import Synchronization

/// AWS Lambda's Runtime API on this machine: hands out events in order, and keeps what it is answered.
public final class RuntimeDouble: Sendable {
    /// An invocation to hand out.
    public struct Invocation: Sendable {
        let id: String?
        let event: [UInt8]
        let status: String

        /// Makes an invocation; another status than 200 comes in place of the event.
        public init(id: String?, event: [UInt8], status: String = "200 OK") {
            (self.id, self.event, self.status) = (id, event, status)
        }
    }

    /// What was posted.
    public struct Answer: Sendable {
        /// Behind `/2018-06-01/runtime/`.
        public let path: String
        /// The header `Lambda-Runtime-Function-Error-Type`.
        public let errorType: String?
        /// The body.
        public let body: String
    }

    private final class Shared: Sendable {
        let state: Mutex<(waiting: [Invocation], answers: [Answer])>
        init(_ waiting: [Invocation]) { state = Mutex((waiting, [])) }
    }

    private let server: ScriptedServer
    private let shared: Shared

    /// Starts one.
    ///
    /// - Parameter status: the status line's end for the answer of a number, from 1.
    public init(_ invocations: [Invocation], status: @escaping @Sendable (Int) -> String = { _ in "202 Accepted" }) {
        let shared = Shared(invocations)
        self.shared = shared
        server = ScriptedServer { connection in
            var request = connection.request
            while !request.isEmpty {
                // By bytes, because a body may have megabytes.
                let bytes = Array(request.utf8)
                let end = bytes.indices.first { bytes[$0...].starts(with: [13, 10, 13, 10]) } ?? bytes.count
                let head = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
                let words = head[0].split(separator: " ").map(String.init)
                let isOurs = words[1].hasPrefix("/2018-06-01/runtime/")
                let path = String(words[1].dropFirst("/2018-06-01/runtime/".count))
                if isOurs, words[0] == "GET", path == "invocation/next" {
                    let next = shared.state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
                    // A frozen process waits for as long as there is nothing to do.
                    guard let next else { return connection.hold(seconds: 60) }
                    RuntimeDouble.send(next, connection)
                } else if isOurs, words[0] == "POST" {
                    let type = head.first { $0.lowercased().hasPrefix("lambda-runtime-function-error-type: ") }
                    let answer = Answer(
                        path: path,
                        errorType: type.map { String($0.drop { $0 != " " }.dropFirst()) },
                        body: String(decoding: bytes.dropFirst(end + 4), as: UTF8.self)
                    )
                    let number = shared.state.withLock { state in
                        state.answers.append(answer)
                        return state.answers.count
                    }
                    connection.send("HTTP/1.1 \(status(number))\r\nContent-Length: 0\r\n\r\n")
                } else {
                    connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                }
                request = connection.nextRequest()
            }
        }
    }

    deinit { server.stop() }

    /// What goes into `AWS_LAMBDA_RUNTIME_API`.
    public var address: String { "127.0.0.1:\(server.port)" }

    /// What was posted so far, in order.
    public var answers: [Answer] { shared.state.withLock { $0.answers } }

    private static func send(_ invocation: Invocation, _ connection: ScriptedServer.Connection) {
        let id = invocation.id.map { "Lambda-Runtime-Aws-Request-Id: \($0)\r\n" } ?? ""
        connection.send(
            "HTTP/1.1 \(invocation.status)\r\nContent-Type: application/json\r\n\(id)"
                + "Lambda-Runtime-Deadline-Ms: 1780000060000\r\nLambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n"
                + "Content-Length: \(invocation.event.count)\r\n\r\n"
        )
        connection.send(invocation.event)
    }
}
