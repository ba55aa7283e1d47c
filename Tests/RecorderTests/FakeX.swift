import HTTPClient
import Lifecycle
import Logging
import Recorder
import Synchronization
import TestSupport
import Testing
import XAPI

/// A scripted X: the rules endpoint answers by itself, each connection to the stream by the test.
struct FakeX {
    let server: ScriptedServer
    let requests: RequestLog

    /// - Parameters:
    ///   - rulesAfterAdding: what a list of rules shows once one was added; nil for what it showed before.
    ///   - stream: serves a connection to the stream; its first argument counts those from 1.
    init(
        rules: String = ##"{"data":[{"id":"1","value":"#cat","tag":"cats"}]}"##,
        rulesAfterAdding: String? = nil,
        _ stream: @escaping @Sendable (Int, ScriptedServer.Connection) -> Void
    ) {
        let requests = RequestLog()
        self.requests = requests
        server = ScriptedServer { connection in
            requests.add(connection.request)
            if connection.request.contains(" /2/tweets/search/stream/rules") {
                let isChanged = requests.all.contains { $0.contains(#"{"add""#) && !$0.contains("dry_run=true") }
                connection.answer(status: "200 OK", body: isChanged ? rulesAfterAdding ?? rules : rules)
            } else {
                stream(requests.streamCount, connection)
            }
        }
    }

    /// Settings for it, with waits a hundredth as long.
    func configuration() throws -> RecorderConfiguration {
        var configuration = RecorderConfiguration(
            endpoint: try XEndpoint(server.url),
            token: try BearerToken("canary-8e"),
            http: .init(userAgent: "tester/1")
        )
        configuration.reconnect.timeScale = 0.01
        return configuration
    }
}

/// Every request a server saw.
final class RequestLog: Sendable {
    private let requests = Mutex<[String]>([])

    func add(_ request: String) { requests.withLock { $0.append(request) } }

    var all: [String] { requests.withLock { $0 } }

    var streamCount: Int { all.filter { !$0.contains("/rules") }.count }
}

/// Runs a recorder on a thread of its own.
final class RecorderThread: Sendable {
    let recorder: Recorder
    let shutdown = ShutdownSignal()
    private let failure = Mutex<(any Error)?>(nil)
    private let thread = Mutex<TestThread?>(nil)

    init(_ recorder: Recorder) {
        self.recorder = recorder
        thread.withLock {
            $0 = startThread { [shutdown] in
                do { try recorder.run(shutdown) } catch { self.failure.withLock { $0 = error } }
            }
        }
    }

    /// Waits for its end; rethrows what it threw.
    func join() throws {
        let ended = thread.withLock { $0?.join(seconds: 20) }
        try #require(ended == true, "the recorder did not end")
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    func stop() throws {
        shutdown.request()
        try join()
    }

    /// Waits until the condition holds.
    func wait(until condition: () -> Bool) throws {
        for _ in 0..<1_000 where !condition() { sleepMilliseconds(10) }
        try #require(condition())
    }
}
