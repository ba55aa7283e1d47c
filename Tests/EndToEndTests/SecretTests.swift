import Foundation
import TestSupport
import Testing

/// The bearer token goes to X, and nowhere else.
@Suite(.timeLimit(.minutes(20)))
struct SecretTests {
    @Test func theTokenIsInNoFileLogErrorOrProcessListing() throws {
        let folder = try TemporaryFolder()
        let recording = try Recording(
            in: folder,
            simulator: ["--rate", "500", "--fault", "1:cut@20", "--fault", "503@2", "--log-level", "trace"],
            recorder: ["--log-level", "trace"]
        )
        try recording.until(bytes: 100_000)
        for program in [recording.simulator, recording.recorder] {
            let path = "/proc/\(program.processIdentifier)/cmdline"
            let words = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(words.count > 10 && !Self.holds(words), "\(path)")
        }
        try recording.stop()
        _ = try recording.reprise(["replay", "--sink", "sqlite:\(folder.path)/index.sqlite"])
        _ = try recording.reprise(["journal", "info", "--json"])
        // The output of every program above is in the folder too, so a look at all of its files sees all.
        try Self.expectNoToken(in: folder)
    }

    @Test(arguments: ["401", "403"]) func theTokenIsInNoErrorWhereXRefusesIt(status: String) throws {
        let folder = try TemporaryFolder()
        let server = ScriptedServer { connection in
            connection.answer(status: "\(status) No", body: "{\"title\":\"Unauthorized\",\"detail\":\"no\"}")
        }
        defer { server.stop() }
        let arguments = ["record", "--once", "--log-level", "trace", "--x-api-url", server.url, "--journal", "j"]
        let environment = ["BEARER_TOKEN": Recording.token]
        let program = try RunningProgram(Surroundings.reprise(), arguments, in: folder, environment: environment)
        let result = try program.wait(seconds: 20)
        #expect(result.status != 0 && result.errors.contains(status))
        try Self.expectNoToken(in: folder)
    }

    @Test func theTokenIsInNoErrorWhereTheFileThatHoldsItIsWrong() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/token"
        try Data("\(Recording.token) and more\nlines\n".utf8).write(to: URL(fileURLWithPath: file))
        let arguments = ["record", "--once", "--x-api-url", "http://127.0.0.1:9", "--token-file", file]
        let result = try RunningProgram(Surroundings.reprise(), arguments, in: folder).wait(seconds: 20)
        #expect(result.status == 78 && result.errors.contains("token"), "\(result.status) \(result.errors.count)")
        #expect(!Self.holds(Data(result.errors.utf8)) && !Self.holds(result.output))
    }

    /// A 200 may repeat it, too: its head is an event of the journal.
    @Test func theTokenIsInNoEventWhereXRepeatsItInAHead() throws {
        let folder = try TemporaryFolder()
        let result = try record(in: folder) { connection, token in
            connection.sendStreamHead(headers: "X-Echo: \(token)\r\nX-Kept: yes\r\n")
            connection.sendChunk("{\"data\":{\"id\":\"1\"}}\r\n")
            connection.endStream()
        }
        #expect(result.errors.contains("the stream is open"))
        try Self.expectNoToken(in: folder)
        let tail = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/j/filtered/tail"))
        #expect(tail.range(of: Data("x-kept".utf8)) != nil && tail.range(of: Data("<secret>".utf8)) != nil)
    }

    /// The journal keeps each byte of the stream; the log shows some of them.
    @Test func theTokenIsInNoLogLineWhereXRepeatsItInTheStream() throws {
        let folder = try TemporaryFolder()
        let result = try record(in: folder) { connection, token in
            connection.sendStreamHead()
            let escaped = token.replacingOccurrences(of: "canary", with: "\\u0063anary")
            for text in [token, escaped, String(repeating: "x", count: 480) + token] {
                connection.sendChunk("{\"errors\":[{\"title\":\"odd\",\"detail\":\"you sent \(text)\"}]}\r\n")
            }
            connection.endStream()
        }
        #expect(result.errors.components(separatedBy: "you sent <secret>").count == 3, "\(result.errors)")
        // Nor a part of it, where the line is cut.
        #expect(!result.errors.contains("canary"))
    }

    @Test func anAnswersTextsDoNotRepeatTheToken() throws {
        let folder = try TemporaryFolder()
        let server = ScriptedServer { connection in
            connection.answer(
                status: "200 OK",
                body: #"{"data":[{"id":"1","value":"\#(Self.token(of: connection))","tag":"t"}]}"#
            )
        }
        defer { server.stop() }
        let arguments = ["rules", "list", "--x-api-url", server.url]
        let environment = ["BEARER_TOKEN": Recording.token]
        let result = try RunningProgram(Surroundings.reprise(), arguments, in: folder, environment: environment).wait()
        #expect(
            result.status == 0 && result.text.contains("<secret>") && !Self.holds(result.output),
            "\(result.errors)"
        )
    }

    private static func token(of connection: ScriptedServer.Connection) -> String {
        let line = connection.request.split(separator: "\r\n").first { $0.hasPrefix("Authorization: Bearer ") }
        return line.map { String($0.dropFirst(22)) } ?? ""
    }

    /// Records one stream from a server that gets the token it was sent.
    private func record(
        in folder: TemporaryFolder,
        _ serve: @escaping @Sendable (ScriptedServer.Connection, String) -> Void
    ) throws -> RunningProgram.Result {
        let server = ScriptedServer { connection in
            if connection.request.contains("/rules") {
                return connection.answer(status: "200 OK", body: #"{"data":[{"id":"1","value":"cat","tag":"cats"}]}"#)
            }
            serve(connection, Self.token(of: connection))
        }
        defer { server.stop() }
        let arguments = ["record", "--once", "--log-level", "trace", "--x-api-url", server.url, "--journal", "j"]
        let environment = ["BEARER_TOKEN": Recording.token]
        let program = try RunningProgram(Surroundings.reprise(), arguments, in: folder, environment: environment)
        return try program.wait(seconds: 20)
    }

    /// Looks into every file under a folder, databases and segments included.
    private static func expectNoToken(in folder: TemporaryFolder) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        try #require(!names.isEmpty)
        for name in names {
            let url = URL(fileURLWithPath: "\(folder.path)/\(name)")
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            #expect(!Self.holds(try Data(contentsOf: url)), "\(name)")
            if name.hasSuffix(".zst"), let zstd = try? Surroundings.path(.tool("zstd")) {
                #expect(!Self.holds(try output(of: zstd, ["-dc", url.path], in: folder)), "\(name), unpacked")
            }
        }
    }

    private static func holds(_ data: Data) -> Bool { data.range(of: Data(Recording.token.utf8)) != nil }
}
