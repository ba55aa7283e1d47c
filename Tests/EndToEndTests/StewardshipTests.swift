import Foundation
import Glibc
import Hashing
import Journal
import TestSupport
import Testing

/// What the command says where a journal cannot be used: by whom it is held, whose it is, where it is, who wrote it.
@Suite(.timeLimit(.minutes(20)))
struct StewardshipTests {
    private static let nowhere = ["X_API_URL": "http://127.0.0.1:9", "BEARER_TOKEN": "none"]

    private func record(_ journal: String) throws {
        let writer = try JournalWriter(directory: journal, source: .filtered)
        let line = Array("{\"data\":{\"id\":\"1\"}}\n".utf8)
        try line.withUnsafeBytes { try writer.append($0) }
        try writer.close()
    }

    @Test func aSecondRecorderOfASourceEndsWithTheFirstOnesProcess() throws {
        let folder = try TemporaryFolder()
        let recording = try Recording(in: folder, simulator: ["--rate", "100"])
        try recording.until(bytes: 10_000)
        let words = ["record", "--journal", recording.journal]
        let second = try RunningProgram(Surroundings.reprise(), words, in: folder, environment: Self.nowhere).wait()
        #expect(second.status == 75, "\(second.status) \(second.errors)")
        let holder = "is being written by process \(recording.recorder.processIdentifier); stop it"
        #expect(second.errors.contains(holder), "\(second.errors)")
        // The first one has not noticed.
        let before = try recording.sentByteCount()
        try recording.until(bytes: before + 10_000)
        try recording.stop()
        // With its end the lock is gone, whatever the file says; the recorder gets as far as the network.
        let third = try RunningProgram(
            Surroundings.reprise(),
            words + ["--once"],
            in: folder,
            environment: Self.nowhere
        )
        _ = try until("a try to connect; \(third.errors)") { try third.errors.contains("127.0.0.1:9") ? true : nil }
    }

    @Test(.needs(.anotherUser)) func anotherUsersJournalIsRefusedWithWhoseItIs() throws {
        let folder = try TemporaryFolder()
        let journal = folder.path + "/journal"
        try record(journal)
        #expect(chmod(folder.path, 0o755) == 0)
        // That user may not be allowed to look into the folder of the build.
        let program = folder.path + "/reprise"
        try FileManager.default.copyItem(atPath: Surroundings.reprise(), toPath: program)
        let other = ["--reuid=65534", "--regid=65534", "--clear-groups", program]
        func run(_ words: [String]) throws -> RunningProgram.Result {
            try RunningProgram(
                Surroundings.path(.tool("setpriv")),
                other + words + ["--journal", journal],
                in: folder,
                environment: Self.nowhere
            ).wait()
        }
        let commands = [
            ["journal", "info"], ["journal", "cat"], ["journal", "cat", "--source", "filtered"],
            ["replay", "--source", "filtered"], ["record"],
        ]
        // First nobody else may look into the journal, then into the source, then only its files are closed.
        for open in [[], [journal], [journal, journal + "/filtered"]] {
            for path in open { #expect(chmod(path, 0o755) == 0) }
            for words in commands {
                let result = try run(words)
                let what = "\(words) with \(open.count) open: \(result.status) \(result.errors)"
                #expect(result.status == 1 && result.output.isEmpty, "\(what)")
                #expect(result.errors.contains("Permission denied"), "\(what)")
                #expect(result.errors.contains("belongs to root, and this runs as"), "\(what)")
                #expect(result.errors.contains("run it as root, or hand the journal over with chown"), "\(what)")
            }
        }
        // Handed over, it is that user's.
        for path in [journal]
            + (try FileManager.default.subpathsOfDirectory(atPath: journal).map { "\(journal)/\($0)" })
        {
            #expect(chown(path, 65_534, 65_534) == 0)
        }
        let result = try run(["journal", "cat"])
        #expect(result.status == 0 && result.output.count == 20, "\(result.errors)")
    }

    @Test(.needs(.ownDisk)) func aDiskOfAnotherMachineIsBadConfiguration() throws {
        let folder = try TemporaryFolder()
        // No other machine is at hand, so the kernel's list of what is mounted is replaced by one that says so.
        let script =
            "sed 's/ - [a-z0-9.]* / - nfs4 /' /proc/self/mountinfo > \"$0\" && mount --bind \"$0\" /proc/$$/mountinfo "
            + "&& exec \"$@\""
        let words = [try Surroundings.reprise(), "record", "--journal", folder.path + "/journal"]
        let result = try RunningProgram(
            Surroundings.path(.tool("unshare")),
            ["-rm", "sh", "-c", script, folder.path + "/mounts"] + words,
            in: folder,
            environment: Self.nowhere
        ).wait()
        #expect(result.status == 78, "\(result.status) \(result.errors)")
        #expect(result.errors.contains("/journal/filtered is on nfs4, where locks and syncs"), "\(result.errors)")
        #expect(result.errors.contains("record onto a local disk"), "\(result.errors)")
    }

    @Test func aJournalOfANewerRepriseIsRefusedByEveryCommand() throws {
        let folder = try TemporaryFolder()
        let journal = folder.path + "/journal"
        try record(journal)
        let tail = try #require(FileHandle(forUpdatingAtPath: journal + "/filtered/tail"))
        // An entry without content of the next version, its checksum right.
        let header = Array("RTE2".utf8) + [UInt8](repeating: 0, count: 36)
        let checksum = header.withUnsafeBytes { XXH3.hash($0) }
        try tail.write(contentsOf: Data(header) + withUnsafeBytes(of: checksum.littleEndian) { Data($0) })
        try tail.close()
        let segment = journal + "/filtered/0000000001.zst"
        let before = [try Data(contentsOf: URL(fileURLWithPath: segment)), Data("RTE2".utf8)]
        for words in [["journal", "info"], ["journal", "cat"], ["replay"], ["record"]] {
            let all = words + ["--journal", journal]
            let result = try RunningProgram(Surroundings.reprise(), all, in: folder, environment: Self.nowhere).wait()
            #expect(result.status == 78 && result.output.isEmpty, "\(words): \(result.status) \(result.errors)")
            #expect(result.errors.contains("newer Reprise; upgrade"), "\(words): \(result.errors)")
        }
        let reading = try #require(FileHandle(forReadingAtPath: journal + "/filtered/tail"))
        let after = [try Data(contentsOf: URL(fileURLWithPath: segment)), try reading.read(upToCount: 4)]
        #expect(before == after)
    }

    @Test func aReplayGoesOnWhereItsCheckpointStandsInAMovedJournal() throws {
        let folder = try TemporaryFolder()
        let journal = folder.path + "/journal", moved = folder.path + "/moved"
        try record(journal)
        func replay(_ journal: String) throws -> RunningProgram.Result {
            let words = ["replay", "--journal", journal, "--checkpoint", "a", "--sink", "ndjson:\(folder.path)/out"]
            return try RunningProgram(Surroundings.reprise(), words, in: folder).wait()
        }
        _ = try replay(journal)
        try FileManager.default.moveItem(atPath: journal, toPath: moved)
        let idle = try replay(moved)
        #expect(idle.status == 0, "\(idle.errors)")
        #expect(idle.errors.contains("0 = 0 yielding"), "\(idle.errors)")
        try record(moved)
        let more = try replay(moved)
        #expect(more.errors.contains("1 = 1 yielding"), "\(more.errors)")
    }

    @Test func aCheckpointBehindTheEndOfAnOlderCopyIsRefused() throws {
        let folder = try TemporaryFolder()
        let journal = folder.path + "/journal"
        try record(journal)
        do {
            let opened = try Journal(directory: journal)
            let words = ["replay", "--journal", journal, "--checkpoint", "a", "--sink", "ndjson:\(folder.path)/out"]
            let first = try RunningProgram(Surroundings.reprise(), words, in: folder).wait()
            #expect(first.status != 78, "\(first.errors)")
            #expect(try opened.endOffset(of: .filtered) == ByteOffset(rawValue: 20))
        }
        // The segments of before, the checkpoints of after.
        for name in ["filtered", "catalog.sqlite"] { try FileManager.default.removeItem(atPath: "\(journal)/\(name)") }
        let writer = try JournalWriter(directory: journal, source: .filtered)
        try Array("{}\n".utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let words = ["replay", "--journal", journal, "--checkpoint", "a", "--sink", "ndjson:\(folder.path)/out"]
        let result = try RunningProgram(Surroundings.reprise(), words, in: folder).wait()
        #expect(result.status == 1 && result.errors.contains("stands at filtered:20, but the journal ends at 3"))
    }
}
