import Foundation
import Journal
import TestSupport
import Testing

/// The recorder as a user starts it, on a disk of its own that really fills up; 34 MB of it are the tail.
@Suite(.timeLimit(.minutes(20)))
struct FullDiskTests {
    /// Lines that hardly compress, each with its number, and where each ends.
    private static let (stream, lineEnds): (Data, [Int]) = {
        var random = SeededRandom(seed: 1)
        // Longer than a compressor looks back; making more would take longer than the tests.
        let numbers = (0..<1 << 20).map { _ in random.next() }
        let texts = numbers.withUnsafeBytes { Data($0) }.base64EncodedData()
        var stream = Data(capacity: 97 << 20)
        var ends: [Int] = []
        while stream.count < 96 << 20 {
            let place = ends.count * 1_200 % (texts.count - 1_200)
            stream += Data("{\"data\":{\"id\":\"\(ends.count)\",\"text\":\"".utf8)
            stream += texts[place..<place + 1_200]
            stream += Data("\"}}\r\n".utf8)
            ends.append(stream.count)
        }
        return (stream, ends)
    }()

    /// Sends the whole stream from its beginning on each connection, and then holds it.
    private func server() -> ScriptedServer {
        let stream = Self.stream
        return ScriptedServer { connection in
            guard !connection.request.contains("/rules") else {
                return connection.answer(status: "200 OK", body: "{}")
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 40)\r\n\r\n")
            if stream.withUnsafeBytes({ connection.send(bytes: $0) }) { connection.hold(seconds: 60) }
        }
    }

    private func record(_ server: ScriptedServer, _ disk: OwnDisk, _ words: [String]) throws -> RunningProgram {
        let all = ["record", "--journal", disk.inner + "/journal", "--disk-warning", "0"] + words
        return try disk.start(Surroundings.reprise(), all, environment: ["X_API_URL": server.url])
    }

    private func raw(_ disk: OwnDisk, from start: ByteOffset = .zero) throws -> Data {
        let journal = try Journal(directory: disk.path + "/journal")
        var bytes = Data()
        let end = ReadEnd.offset(try journal.endOffset(of: .filtered))
        _ = try RecordCopy.bytes(of: journal, source: .filtered, from: .offset(start), to: end) {
            bytes.append(contentsOf: $0)
        }
        return bytes
    }

    @Test(.needs(.ownDisk)) func aDiskThatIsFullEndsTheRecorderAndLosesNothing() throws {
        let server = server()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let disk = try OwnDisk(in: folder, megabytes: 100)
        try disk.fill(megabytes: 45)
        // Small segments, so that the end may come in the middle of a new one.
        let words = ["--disk-floor", "0", "--segment-size", "5MiB"]
        let first = try record(server, disk, words).wait()
        #expect(first.status == 1 && !first.wasKilled, "\(first.errors)")
        #expect(first.errors.contains("the disk is full: "), "\(first.errors)")
        #expect(first.errors.contains("make room on that file system, then start again"), "\(first.errors)")
        #expect(first.errors.contains("nothing that was recorded is lost"), "\(first.errors)")
        let before = try raw(disk)
        #expect(before.count > 20 << 20, "the tail and some blocks")
        #expect(before == Self.stream.prefix(before.count), "\(before.count) bytes")

        // As long as there is no room a start says the same, and changes nothing.
        let second = try record(server, disk, words).wait()
        #expect(second.status == 1 && second.errors.contains("the disk is full: "), "\(second.errors)")
        #expect(try raw(disk) == before)

        try disk.free()
        let end = ByteOffset(rawValue: UInt64(before.count))
        let third = try record(server, disk, words)
        _ = try until("more in the journal; \(third.errors)") {
            try Journal(directory: disk.path + "/journal").endOffset(of: .filtered) > end + (1 << 20) ? true : nil
        }
        third.send(SIGTERM)
        let stopped = try third.wait(seconds: 20)
        let after = try raw(disk, from: end)
        #expect(after == Self.stream.prefix(after.count), "\(after.count) bytes")
        // What was freed is soon filled again.
        #expect(stopped.status == 0 || stopped.errors.contains("the disk is full: "), "\(stopped.errors)")
        try checkRecords(disk, wholeFrom: [before, after])
    }

    /// Each line that came whole is a record, in order, and nothing else is; the last of each part is torn.
    private func checkRecords(_ disk: OwnDisk, wholeFrom parts: [Data]) throws {
        let journal = try Journal(directory: disk.path + "/journal")
        let reader = try RecordReader(journal: journal, source: .filtered, from: .beginning, to: .now)
        var whole = 0
        while let batch = try reader.nextBatch() {
            whole += batch.records.count { $0.kind == .whole }
        }
        #expect(whole == parts.map { part in Self.lineEnds.count { $0 <= part.count } }.reduce(0, +))
    }

    @Test(.needs(.ownDisk)) func aFloorEndsTheRecorderWithASealedJournal() throws {
        let server = server()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let disk = try OwnDisk(in: folder, megabytes: 150)
        let first = try record(server, disk, ["--disk-floor", "100MB"]).wait()
        #expect(first.status == 1 && first.errors.contains("the recorder stops at 100 MB"), "\(first.errors)")
        #expect(first.errors.contains("why=disk-floor"), "\(first.errors)")
        let summary = try Journal(directory: disk.path + "/journal").summary(of: .filtered)
        #expect(summary.sealedSegments == 1 && summary.tailBytes == 0)
        let bytes = try raw(disk)
        #expect(!bytes.isEmpty && bytes == Self.stream.prefix(bytes.count))

        let second = try record(server, disk, []).wait()
        #expect(second.status == 1 && second.errors.contains("the recorder stops at 500 MB"), "\(second.errors)")
        #expect(try raw(disk) == bytes)
    }

    @Test(.needs(.ownDisk)) func belowTheFloorNoJournalIsMade() throws {
        let folder = try TemporaryFolder()
        let disk = try OwnDisk(in: folder, megabytes: 60)
        let words = ["record", "--journal", disk.inner + "/journal"]
        let environment = ["X_API_URL": "http://127.0.0.1:9", "REPRISE_DISK_FLOOR": "1GB"]
        let result = try disk.start(Surroundings.reprise(), words, environment: environment).wait()
        #expect(result.status == 1 && result.errors.contains("the recorder stops at 1.0 GB"), "\(result.errors)")
        #expect(result.errors.contains("--disk-floor"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: disk.path + "/journal"))
    }

    /// While a recorder runs the kernel itself refuses such a remount, because files are open for writing.
    @Test(.needs(.ownDisk)) func aDiskThatIsReadOnlyIsReadAndNotWritten() throws {
        let server = server()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let disk = try OwnDisk(in: folder, megabytes: 150)
        let words = ["--disk-floor", "1MB", "--budget", "3000"]
        let first = try record(server, disk, words).wait()
        #expect(first.status == 0, "\(first.errors)")
        let bytes = try raw(disk)
        try #require(!bytes.isEmpty)
        try disk.remount("ro")
        let second = try record(server, disk, words).wait()
        #expect(second.status == 1 && second.errors.contains("the disk takes no writes: "), "\(second.errors)")
        #expect(second.errors.contains("make it writable, then start again"), "\(second.errors)")
        #expect(try raw(disk) == bytes)
        try disk.remount("rw")
        let third = try record(server, disk, words).wait()
        #expect(third.status == 0, "\(third.errors)")
        #expect(try raw(disk).count > bytes.count)
    }

    /// No disk of its own is needed where the floor is above any.
    @Test(arguments: [
        ("disk-floor: 1000000GB\n", 1, "the recorder stops at 1000 TB"),
        ("disk-floor: lots\n", 78, "reprise.yaml, line 1: 'disk-floor' is a size"),
        ("disk-warning: 1x\n", 78, "reprise.yaml, line 1: 'disk-warning' is a size"),
    ])
    func theSettingsFileSetsTheFloor(yaml: String, status: Int32, text: String) throws {
        let folder = try TemporaryFolder()
        try yaml.write(toFile: folder.path + "/reprise.yaml", atomically: true, encoding: .utf8)
        for words in [["record"], ["run", "--simulate", "--port", "0"]] {
            let environment = ["X_API_URL": "http://127.0.0.1:9"]
            let result = try RunningProgram(Surroundings.reprise(), words, in: folder, environment: environment).wait()
            #expect(result.status == status && result.errors.contains(text), "\(result.status) \(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"))
        }
    }
}
