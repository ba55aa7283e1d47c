import Foundation
import TestSupport
import Testing

/// Sealed segments are files that other people's tools read.
@Suite(.timeLimit(.minutes(20)))
struct SegmentReaderTests {
    private struct Report: Decodable {
        let bytes: Int
        let records: Int
        let torn: Int
        let readers: [String]
    }

    @Test(.needs(.tool("zstd"), .python))
    func todaysToolsReadWholeSegments() throws {
        let folder = try TemporaryFolder()
        // A small segment size makes several segments.
        let recording = try Recording(
            in: folder,
            simulator: ["--rate", "1500", "--keep-alive", "1ms"],
            recorder: ["--segment-size", "256KiB"]
        )
        try recording.until(bytes: 1 << 20)
        try recording.stop()
        let reports = try Self.read(recording.segments(), in: folder)
        #expect(reports.count >= 3)
        #expect(reports.contains { $0.readers.contains("polars") && $0.readers.contains("duckdb") })
        #expect(try reports.map(\.bytes).reduce(0, +) == recording.raw().count)
    }

    @Test(.needs(.tool("zstd"), .python))
    func todaysToolsReadASegmentWithATornRecordAsFarAsTheyCan() throws {
        let folder = try TemporaryFolder()
        let recording = try Recording(in: folder, simulator: ["--rate", "2000", "--fault", "1:cut@50"])
        try recording.until(bytes: 200_000)
        try recording.stop()
        let reports = try Self.read(recording.segments(), in: folder)
        let torn = try #require(reports.first { $0.torn == 1 })
        #expect(torn.records >= 49 && torn.readers.contains("duckdb, errors ignored"))
    }

    @Test(.needs(.tool("zstd"), .python))
    func todaysToolsReadASegmentWithoutARecord() throws {
        let folder = try TemporaryFolder()
        // A server that sends keep-alives alone and closes in order: a length that is reached.
        let server = ScriptedServer { connection in
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
            connection.send(head + String(repeating: "\r\n", count: 10))
        }
        defer { server.stop() }
        let journal = folder.path + "/journal"
        let arguments = ["record", "--once", "--x-api-url", server.url, "--journal", journal]
        try output(of: Surroundings.reprise(), arguments, in: folder, environment: ["BEARER_TOKEN": Recording.token])
        let reports = try Self.read(Recording.segments(of: journal), in: folder)
        #expect(reports.map(\.bytes) == [20] && reports.allSatisfy { $0.records == 0 && $0.torn == 0 })
    }

    private static func read(_ segments: [String], in folder: TemporaryFolder) throws -> [Report] {
        try #require(!segments.isEmpty)
        let python = try Surroundings.path(.python)
        let text = try output(of: python, [Surroundings.peer("segments.py")] + segments, in: folder)
        return try text.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Report.self, from: $0) }
    }
}
