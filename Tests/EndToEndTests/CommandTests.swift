import Foundation
import TestSupport
import Testing

/// The built command, started as a user would.
@Suite(.timeLimit(.minutes(20)))
struct CommandTests {
    @Test func helpNamesTheCommandsAndEndsWellOnStandardOutput() throws {
        let folder = try TemporaryFolder()
        let result = try RunningProgram(Surroundings.reprise(), ["--help"], in: folder).wait()
        #expect(result.status == 0 && result.errors.isEmpty)
        for name in ["record", "journal", "rules", "simulate", "serve"] { #expect(result.text.contains(name)) }
    }

    @Test func anUnknownOptionIsAUsageErrorOnStandardError() throws {
        let folder = try TemporaryFolder()
        let result = try RunningProgram(Surroundings.reprise(), ["journal", "info", "--nonsense"], in: folder).wait()
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains("--nonsense"))
    }

    @Test func aTokenIsAskedForBeforeAnythingIsSent() throws {
        let folder = try TemporaryFolder()
        let arguments = ["record", "--once", "--budget", "5", "--proxy", "http://127.0.0.1:9"]
        let result = try RunningProgram(Surroundings.reprise(), arguments, in: folder).wait()
        #expect(result.status == 78 && result.errors.contains("BEARER_TOKEN"), "\(result.status) \(result.errors)")
    }
}
