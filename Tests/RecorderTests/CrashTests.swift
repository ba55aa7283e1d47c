import Foundation
import Journal
import TestSupport
import Testing

/// A recorder is killed at random instants at full speed; what libcurl had handed over is in the journal.
@Suite(.timeLimit(.minutes(2)))
struct CrashTests {
    /// More than this is never in hand: the size of a delivery.
    private static let deliveryByteLimit = 16 * 1024

    @Test func aKillLosesAtMostTheDeliveryInHand() throws {
        let rounds = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_CRASHES"] ?? "") ?? 6
        var random = SeededRandom()
        let seed = "\(random)"
        let stream = Self.stream(bytes: 64 << 20)
        let server = ScriptedServer { connection in
            guard !connection.request.contains("/rules") else {
                connection.answer(status: "200 OK", body: "{}")
                return
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(1 << 40)\r\n\r\n")
            while stream.withUnsafeBytes({ connection.send(bytes: $0) }) {}
        }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let page = folder.path + "/page"
        var start = ByteOffset.zero
        for round in 0..<rounds {
            try Data(count: 4096).write(to: URL(fileURLWithPath: page))
            let process = Process()
            process.executableURL = try Self.crashRecorder()
            process.arguments = [server.url, folder.path + "/journal", page]
            let ended = DispatchSemaphore(value: 0)
            process.terminationHandler = { _ in ended.signal() }
            try process.run()
            // Only once bytes flow does the random instant begin: a kill before them proves nothing.
            for _ in 0..<1_000 where try Self.counter(page) == 0 { sleepMilliseconds(5) }
            usleep(UInt32.random(in: 0..<150_000, using: &random))
            kill(process.processIdentifier, SIGKILL)
            try #require(ended.wait(timeout: .now() + 20) == .success)
            let handedOver = try Self.counter(page)
            try #require(handedOver > 0, "\(seed) round \(round)")
            let journal = try Journal(directory: folder.path + "/journal")
            let end = try journal.endOffset(of: .filtered)
            let stored = end - start
            #expect((handedOver - Self.deliveryByteLimit...handedOver).contains(stored), "\(seed) round \(round)")
            var position = 0
            var isPrefix = true
            _ = try RecordCopy.bytes(of: journal, source: .filtered, from: .offset(start), to: .offset(end)) { bytes in
                isPrefix = isPrefix && Self.equal(bytes, stream, position)
                position += bytes.count
            }
            #expect(position == stored && isPrefix, "\(seed) round \(round)")
            start = end
        }
    }

    /// Lines that tell their place, repeated by the server for ever.
    private static func stream(bytes: Int) -> [UInt8] {
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
    private static func crashRecorder() throws -> URL {
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
