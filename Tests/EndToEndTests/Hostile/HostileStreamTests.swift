import Foundation
import Synchronization
import TestSupport
import Testing

/// Whatever stands in for X, a recorder takes no more memory for it than for an honest stream, and ends when it is told to.
@Suite(.timeLimit(.minutes(60)))
struct HostileStreamTests {
    /// Every fourth of them in the small form.
    private static let responses = HostileResponse.all.enumerated()
        .filter { HostileSize.seconds != nil || $0.offset % 4 == 0 || $0.element.name.hasPrefix("trailers") }.map(
            \.element
        )

    @Test(arguments: responses) func aRecorderTakesNoMoreMemoryForIt(response: HostileResponse) throws {
        let seconds = HostileSize.seconds ?? 0.4
        let honest = try peak(seconds: 0.2) { connection in
            connection.sendStreamHead()
            connection.sendChunk("{\"data\":{\"id\":\"1\"}}\r\n")
            connection.hold(seconds: 1)
        }
        let hostile = try peak(seconds: seconds) {
            response.run(on: $0, for: .seconds(seconds + 20), counting: HostileResponse.ByteCounter())
        }
        #expect(hostile - honest < HostileSize.growthLimit, "\(hostile >> 20) MiB instead of \(honest >> 20)")
    }

    /// Records for so long, and returns the most memory that it took.
    private func peak(seconds: Double, _ serve: @escaping @Sendable (ScriptedServer.Connection) -> Void) throws -> Int {
        let folder = try TemporaryFolder()
        let server = ScriptedServer { connection in
            // The rules in force are asked for first.
            if connection.request.contains("/rules") {
                return connection.answer(status: "200 OK", body: #"{"data":[{"id":"1","value":"cat","tag":"cats"}]}"#)
            }
            serve(connection)
        }
        defer { server.stop() }
        let arguments = ["record", "--once", "--journal", "\(folder.path)/j", "--x-api-url", server.url]
        let program = try RunningProgram(
            Surroundings.reprise(),
            arguments,
            in: folder,
            environment: ["BEARER_TOKEN": Recording.token]
        )
        var peak = 0
        var isToldToEnd = false
        var started: ContinuousClock.Instant?
        while let now = ProgramMemory.peak(of: program), program.isRunning {
            peak = max(peak, now)
            if started == nil, server.connectionCount > 1 { started = .now }
            if let begin = started, .now - begin > .seconds(seconds), !isToldToEnd {
                isToldToEnd = true
                program.send(SIGTERM)
            }
            sleepMilliseconds(5)
        }
        let result = try program.wait(seconds: 20)
        // Refused, cut, or stopped: an end in order.
        #expect([0, 1, 3, 75, 78].contains(result.status) && !result.wasKilled, "\(result.status): \(result.errors)")
        #expect(!result.errors.contains(Recording.token))
        return peak
    }
}
