import Foundation
import TestSupport
import Testing

/// Nobody has to read what a recorder says, and a terminal that goes takes nothing with it.
@Suite(.timeLimit(.minutes(20)))
struct FrozenTerminalTests {
    @Test(.needs(.tool("setsid")), arguments: Unread.Kind.allCases)
    func recordingGoesOnWhileNobodyReadsStandardErrorAndEndsInOrder(kind: Unread.Kind) throws {
        let trial = try Trial(kind)
        let recorder = try trial.record()
        try trial.expectGrowth()
        recorder.send(SIGTERM)
        #expect(try recorder.wait() == 0)
        // Sealed, and each byte is one that was sent.
        #expect(try trial.reprise(["journal", "verify"]).isEmpty == false)
        #expect(FileManager.default.fileExists(atPath: trial.journal + "/filtered/0000000001.zst"))
    }

    /// Neither the log nor the page's address, which goes to standard output, is waited for.
    @Test(.needs(.tool("setsid"))) func everythingInOneProcessGoesOnToo() throws {
        let trial = try Trial(.pipe)
        let arguments = ["run", "--simulate", "--simulate-rate", "200", "--port", "0", "--journal", trial.journal]
        let program = try trial.unread.start("sh", ["-c", "exec \"$@\" >&2", "sh", Surroundings.reprise()] + arguments)
        try trial.expectGrowth()
        program.send(SIGTERM)
        #expect(try program.wait() == 0)
    }

    @Test(.needs(.tool("setsid"))) func aTerminalThatGoesEndsTheRecordingInOrder() throws {
        let trial = try Trial(.terminal, isFrozen: false)
        let recorder = try trial.record()
        try trial.expectGrowth()
        trial.unread.hangUp()
        #expect(try recorder.wait() == 0)
        #expect(FileManager.default.fileExists(atPath: trial.journal + "/filtered/0000000001.zst"))
    }

    /// As logrotate(8) and people send it to a daemon.
    @Test(.needs(.tool("setsid")))
    func withoutATerminalAHangupEndsNothing() throws {
        let trial = try Trial(.pipe)
        let recorder = try trial.record()
        try trial.expectGrowth()
        for _ in 0..<2 {
            recorder.send(SIGHUP)
            sleepMilliseconds(300)
        }
        try trial.expectGrowth()
        recorder.send(SIGTERM)
        #expect(try recorder.wait() == 0)
    }

    /// A simulator, and a journal that something records into.
    private final class Trial {
        let folder: TemporaryFolder
        let unread: Unread
        private let simulator: RunningProgram
        var journal: String { folder.path + "/journal" }

        init(_ kind: Unread.Kind, isFrozen: Bool = true) throws {
            folder = try TemporaryFolder()
            unread = try Unread(kind, in: folder)
            if isFrozen { try unread.freeze() }
            simulator = try RunningProgram(
                Surroundings.reprise(),
                ["simulate", "--port", "0", "--rate", "200"],
                in: folder
            )
        }

        func record() throws -> Started {
            let environment = ["X_API_URL": try simulator.firstLine(), "BEARER_TOKEN": "any"]
            // Every step is logged, so that the log is written to all the time.
            let arguments = ["record", "--journal", journal, "--log-level", "trace"]
            return try unread.start(Surroundings.reprise(), arguments, environment: environment)
        }

        func reprise(_ arguments: [String]) throws -> Data {
            try output(of: Surroundings.reprise(), arguments + ["--journal", journal], in: folder)
        }

        /// The journal grows from look to look, for some seconds.
        func expectGrowth() throws {
            var last = 0
            for look in 1...4 {
                last = try until("more than \(last) bytes at look \(look)") {
                    // Before the recorder has made its folder there is none.
                    let bytes = (try? reprise(["journal", "cat", "--raw"]).count) ?? 0
                    return bytes > last ? bytes : nil
                }
                sleepMilliseconds(700)
            }
        }
    }
}
