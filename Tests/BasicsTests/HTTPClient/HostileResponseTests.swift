import Foundation
import HTTPClient
import Synchronization
import TestSupport
import Testing
import Time

/// No response keeps a client longer than it is asked to wait, or makes it take more than it is asked to take.
@Suite(.timeLimit(.minutes(20)))
struct HostileResponseTests {
    /// REPRISE_TEST_HOSTILE_SECONDS: how long each response lasts; a tenth of a second in the small form.
    static let limit =
        ProcessInfo.processInfo.environment["REPRISE_TEST_HOSTILE_SECONDS"].flatMap { Int($0) }.map {
            Duration.seconds($0)
        }
        ?? .milliseconds(100)

    private func serve(_ response: HostileResponse, _ counter: HostileResponse.ByteCounter) -> ScriptedServer {
        // The server goes on for longer than the client may stay.
        ScriptedServer { response.run(on: $0, for: Self.limit * 2 + .seconds(5), counting: counter) }
    }

    @Test(arguments: HostileResponse.all) func aRequestEndsInTime(response: HostileResponse) throws {
        let counter = HostileResponse.ByteCounter()
        let server = serve(response, counter)
        defer { server.stop() }
        let stopwatch = Stopwatch()
        let timeout = response.isRefused ? .seconds(5) : Self.limit
        var bytes = 0
        let client = try makeClient()
        do throws(HTTPClientError) {
            bytes = try client.send(.init(url: server.url), timeout: timeout, bodyLimit: 1 << 20).body.count
        } catch {
            #expect(error.code != .refusedByCaller, "\(error)")
            #expect(!response.isRefused || error.code != .timedOut, "\(error)")
        }
        #expect(bytes <= 1 << 20)
        #expect(stopwatch.elapsed < timeout + .seconds(4))
        // What the sockets hold in between is a few megabytes.
        if response.isRefused { #expect(counter.value < 16 << 20, "\(counter.value) bytes") }
    }

    @Test(arguments: HostileResponse.all) func aStreamEndsWhenItsCallerEndsIt(response: HostileResponse) throws {
        let server = serve(response, HostileResponse.ByteCounter())
        defer { server.stop() }
        let stopwatch = Stopwatch()
        var longest = 0
        _ = try? makeClient().stream(
            .init(url: server.url),
            onHead: { _ in },
            onBytes: { longest = max(longest, $0.count) },
            onTick: { stopwatch.elapsed > Self.limit ? .stop : .goOn }
        )
        #expect(stopwatch.elapsed < Self.limit + .seconds(4))
        #expect(longest <= 16_384)
    }

    @Test func thereAreAtLeastFortyOfThem() {
        #expect(HostileResponse.all.count >= 40)
        #expect(Set(HostileResponse.all.map(\.name)).count == HostileResponse.all.count)
    }

    @Test func trailersWithoutEndAreRefused() throws {
        let response = try #require(HostileResponse.all.first { $0.name == "trailers without end" })
        let counter = HostileResponse.ByteCounter()
        let server = serve(response, counter)
        defer { server.stop() }
        let error = #expect(throws: HTTPClientError.self) {
            try makeClient().send(.init(url: server.url), timeout: .seconds(10))
        }
        #expect(error?.code == .tooLarge && error?.message.contains("exceed 65536 bytes") == true, "\(error as Any)")
    }

    /// Head and trailers share one limit.
    @Test func ordinaryTrailersAreTaken() throws {
        let fields = (0..<100).map { "X-\($0): y\r\n" }.joined()
        let server = ScriptedServer { connection in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\(fields)\r\n")
        }
        defer { server.stop() }
        let response = try makeClient().send(.init(url: server.url), timeout: .seconds(5))
        #expect(response.body == Array("ok".utf8))
        #expect(response.head.header("x-1") == nil)
    }
}
