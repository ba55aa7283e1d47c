import Foundation
import Journal
import TestSupport
import Testing

/// A recorder is killed at random instants; what libcurl had handed over is in the journal, which opens by itself and is clean.
@Suite(.timeLimit(.minutes(60)))
struct CrashTests {
    /// More than this is never in hand: the size of a delivery.
    private static let deliveryByteLimit = 16 * 1024
    /// Kills of one journal, before the next is begun: it is read as a whole after each.
    private static let killsOfAJournal = 10

    /// How the stream comes, and how much a segment holds.
    enum Load: CaseIterable {
        case fullSpeed, sealing, live

        var segmentBytes: Int {
            switch self {
            case .fullSpeed: 512 << 20
            // At full speed a segment is sealed and a new one begun every few milliseconds.
            case .sealing: 1 << 20
            case .live: 64 << 10
            }
        }
    }

    /// REPRISE_TEST_CRASHES sets how many kills there are, of all loads.
    @Test(arguments: Load.allCases) func aKillLosesAtMostTheDeliveryInHand(load: Load) throws {
        let kills = (Int(ProcessInfo.processInfo.environment["REPRISE_TEST_CRASHES"] ?? "") ?? 51) / Load.allCases.count
        var random = SeededRandom()
        let stream = Self.stream(bytes: 64 << 20)
        let server = ScriptedServer { connection in
            guard !connection.request.contains("/rules") else {
                connection.answer(status: "200 OK", body: "{}")
                return
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(1 << 40)\r\n\r\n")
            stream.withUnsafeBytes { bytes in
                guard load == .live else {
                    while connection.send(bytes: bytes) {}
                    return
                }
                // 250 posts of about 750 bytes a second.
                var place = 0
                while connection.send(bytes: UnsafeRawBufferPointer(rebasing: bytes[place..<place + 750])) {
                    place += 750
                    usleep(4_000)
                }
            }
        }
        defer { server.stop() }
        for first in stride(from: 0, to: kills, by: Self.killsOfAJournal) {
            let folder = try TemporaryFolder()
            var start = ByteOffset.zero
            for kill in first..<min(kills, first + Self.killsOfAJournal) {
                let place: Comment = "\(load), kill \(kill), \(random)"
                let handedOver = try Self.record(server.url, folder.path, load, &random)
                try #require(handedOver > 0, place)
                let journal = try Journal(directory: folder.path + "/journal")
                let end = try journal.endOffset(of: .filtered)
                let stored = end - start
                #expect((handedOver - Self.deliveryByteLimit...handedOver).contains(stored), place)
                var position = 0
                var isPrefix = true
                _ = try RecordCopy.bytes(of: journal, source: .filtered, from: .offset(start), to: .offset(end)) {
                    bytes in
                    isPrefix = isPrefix && Self.equal(bytes, stream, position)
                    position += bytes.count
                }
                #expect(position == stored && isPrefix, place)
                let findings = try JournalVerification(of: journal, jobs: 2).findings
                #expect(findings.isEmpty, "\(place): \(findings)")
                start = end
            }
        }
    }

    /// Starts a recorder, kills it at a random instant, and returns how many bytes of the stream it had been handed.
    private static func record(
        _ url: String,
        _ folder: String,
        _ load: Load,
        _ random: inout SeededRandom
    ) throws -> Int {
        let page = folder + "/page"
        try Data(count: 4096).write(to: URL(fileURLWithPath: page))
        let process = Process()
        process.executableURL = try crashRecorder()
        process.arguments = [url, folder + "/journal", page, "\(load.segmentBytes)"]
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.start()
        // Only once bytes flow does the random instant begin: a kill before them proves nothing.
        for _ in 0..<2_000 where try counter(page) == 0 { sleepMilliseconds(2) }
        usleep(UInt32.random(in: 0..<(load == .fullSpeed ? 120_000 : 60_000), using: &random))
        kill(process.processIdentifier, SIGKILL)
        try #require(ended.wait(timeout: .now() + 20) == .success)
        return try counter(page)
    }

    /// Lines that tell their place, repeated by the server for ever.
    static func stream(bytes: Int) -> [UInt8] {
        var stream: [UInt8] = []
        stream.reserveCapacity(bytes + 1_024)
        let filler = Array(repeating: UInt8(120), count: 700)
        var line = 0
        while stream.count < bytes {
            stream += Array("{\"data\":{\"id\":\"\(line)\",\"text\":\"".utf8)
            stream += filler
            stream += Array("\"}}\r\n".utf8)
            line += 1
        }
        return stream
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ stream: [UInt8], _ position: Int) -> Bool {
        stream.withUnsafeBytes { stream in
            guard let a = bytes.baseAddress, let b = stream.baseAddress else { return bytes.isEmpty }
            var done = 0
            while done < bytes.count {
                let place = (position + done) % stream.count
                let count = min(bytes.count - done, stream.count - place)
                guard memcmp(a + done, b + place, count) == 0 else { return false }
                done += count
            }
            return true
        }
    }

    private static func counter(_ page: String) throws -> Int {
        let data = try Data(contentsOf: URL(fileURLWithPath: page))
        return data.count < 8 ? 0 : Int(data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    }

    /// The program stands beside the test's own.
    static func crashRecorder() throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var folder = URL(fileURLWithPath: own).deletingLastPathComponent()
        for _ in 0..<4 {
            let program = folder.appendingPathComponent("crash-recorder")
            if FileManager.default.isExecutableFile(atPath: program.path) { return program }
            folder.deleteLastPathComponent()
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
