import Foundation
import Journal
import TestSupport
import Testing

/// What a server sends at full speed, while segments are sealed and begun, is what zstd gives back.
@Suite(.timeLimit(.minutes(20)))
struct ByteExactTests {
    /// REPRISE_TEST_MEGABYTES sets how much is sent, in segments of 16 MiB of stream.
    @Test func zstdGivesBackEveryByteThatTheServerWrote() throws {
        let text = ProcessInfo.processInfo.environment["REPRISE_TEST_MEGABYTES"] ?? ""
        let bytes = (Int(text) ?? 80) * 1_000_000
        let stream = CrashTests.stream(bytes: 8 << 20)
        let server = ScriptedServer { connection in
            guard !connection.request.contains("/rules") else {
                connection.answer(status: "200 OK", body: "{}")
                return
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(bytes)\r\n\r\n")
            stream.withUnsafeBytes { stream in
                var sent = 0
                while sent < bytes {
                    let piece = UnsafeRawBufferPointer(rebasing: stream.prefix(bytes - sent))
                    guard connection.send(bytes: piece) else { return }
                    sent += piece.count
                }
            }
        }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let recorder = Process()
        recorder.executableURL = try CrashTests.crashRecorder()
        recorder.arguments = [server.url, folder.path + "/journal", folder.path + "/page", "\(16 << 20)"]
        try recorder.start()
        recorder.waitUntilExit()
        #expect(recorder.terminationStatus == 0)
        let segments = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/journal/filtered")
        #expect(segments.filter { $0.hasSuffix(".zst") }.count >= bytes / (17 << 20))
        #expect(!segments.contains { $0.hasSuffix(".open") })
        try stream.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: folder.path + "/stream")) }
        // The stream, over and over, as many bytes as were sent.
        let script = """
            zstd -dcq journal/filtered/*.zst | cmp - <(while cat stream; do :; done 2>/dev/null | head -c \(bytes))
            """
        let compare = Process()
        compare.executableURL = URL(fileURLWithPath: "/bin/bash")
        compare.arguments = ["-c", script]
        compare.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        try compare.start()
        compare.waitUntilExit()
        #expect(compare.terminationStatus == 0)
        #expect(try JournalVerification(of: Journal(directory: folder.path + "/journal")).findings.isEmpty)
    }
}
