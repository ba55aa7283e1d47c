import Failures
import Lifecycle
import Synchronization
import TestSupport
import Testing
import Time
import Transform

@testable import Sinks

/// Preparing retries what may pass for as long as it may take, hears the shutdown, and leaves the rest to the operator.
@Suite(.timeLimit(.minutes(20))) struct SetupRetryTests {
    private final class Count: Sendable { let value = Mutex(0) }

    private func setup(
        _ url: String,
        giveUpAfter: Duration?,
        shutdown: ShutdownSignal = ShutdownSignal(),
        onTrouble: @escaping (String) -> Void = { _ in }
    ) throws -> SearchSetup {
        SearchSetup(
            try Engine(.elasticsearch, url: url).client,
            transformDigest: DefaultTransform.digest,
            giveUpAfter: giveUpAfter,
            shutdown: shutdown,
            onTrouble: onTrouble
        )
    }

    /// An engine that fails some times before it says its version.
    private func failing(_ times: Int, status: Int, headers: String = "", _ count: Count) -> ScriptedServer {
        ScriptedServer { connection in
            let number = count.value.withLock { count in
                count += 1
                return count
            }
            guard number > times else {
                return connection.answer(status: "\(status) No", headers: headers, body: #"{"error":"not now"}"#)
            }
            connection.answer(status: "200 OK", body: ScriptedEngine.elasticsearch)
        }
    }

    @Test func whatMayPassIsRetriedAndReported() throws {
        let count = Count()
        let server = failing(2, status: 503, count)
        defer { server.stop() }
        var told: [String] = []
        let setup = try setup(server.url, giveUpAfter: .seconds(60)) { told.append($0) }
        #expect(try setup.engineVersion().number == "8.19.8")
        #expect(told.count == 2 && told.allSatisfy { $0.contains("status 503") }, "\(told)")
        #expect(count.value.withLock { $0 } == 3)
    }

    @Test(arguments: [401, 403, 400]) func whatAnOperatorHasToFixIsNotRetried(status: Int) throws {
        let count = Count()
        let server = failing(1_000, status: status, count)
        defer { server.stop() }
        let error = refusal { _ = try setup(server.url, giveUpAfter: .seconds(60)).prepare() }
        #expect(error?.cause.kind == .operatorNeeded, "\(String(describing: error))")
        // Where there is no main page the nodes are asked.
        #expect(count.value.withLock { $0 } == (status == 400 ? 2 : 1))
    }

    @Test(arguments: ["http://127.0.0.1:1", "http://nothing.invalid:9200"])
    func whereNobodyIsThereItIsGivenUpInTime(url: String) {
        let watch = Stopwatch()
        let error = refusal { _ = try setup(url, giveUpAfter: .seconds(1)).prepare() }
        #expect(error?.code == .unavailable && error?.cause.kind == .retry, "\(String(describing: error))")
        #expect(error?.message.contains("given up after 1 s") == true, "\(String(describing: error))")
        #expect(watch.elapsed > .milliseconds(900) && watch.elapsed < .seconds(10), "\(watch.elapsed)")
    }

    @Test func anEngineThatNeverAnswersIsGivenUpInTime() {
        let server = SilentServer()
        let watch = Stopwatch()
        let error = refusal { _ = try setup(server.url, giveUpAfter: .seconds(1)).prepare() }
        #expect(error?.code == .unavailable && error?.message.contains("given up after 1 s") == true)
        #expect(watch.elapsed > .milliseconds(900) && watch.elapsed < .seconds(4), "\(watch.elapsed)")
    }

    @Test(arguments: [nil, Duration.seconds(600)]) func aShutdownEndsARequestThatHangs(giveUpAfter: Duration?) {
        let server = SilentServer()
        let shutdown = ShutdownSignal()
        _ = startThread {
            sleepMilliseconds(200)
            shutdown.request()
        }
        let watch = Stopwatch()
        let error = refusal { _ = try setup(server.url, giveUpAfter: giveUpAfter, shutdown: shutdown).prepare() }
        #expect(error?.code == .unavailable && watch.elapsed < .seconds(2), "\(watch.elapsed)")
    }

    @Test func aShutdownEndsTheWaitThatTheEngineAskedFor() {
        let count = Count()
        let server = failing(1_000, status: 429, headers: "Retry-After: 600\r\n", count)
        defer { server.stop() }
        let shutdown = ShutdownSignal()
        _ = startThread {
            sleepMilliseconds(300)
            shutdown.request()
        }
        let watch = Stopwatch()
        let error = refusal { _ = try setup(server.url, giveUpAfter: .seconds(600), shutdown: shutdown).prepare() }
        #expect(error?.cause == .rateLimited && watch.elapsed < .seconds(2), "\(watch.elapsed)")
        #expect(count.value.withLock { $0 } == 1)
    }
}
