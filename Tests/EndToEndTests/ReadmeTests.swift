import Foundation
import TestSupport
import Testing

/// Every command line of README.md runs as it is written there; only X, and the search engines it names, are others.
@Suite(.timeLimit(.minutes(20)), .serialized)
struct ReadmeTests {
    @Test func everyBlockIsOfCommandsOrOfSettings() throws {
        let blocks = try Readme.blocks()
        #expect(blocks.joined().count > 30)
        for block in blocks where !Readme.isSettings(block) {
            for line in block {
                let word = line.split(separator: " ").first { !$0.contains("=") } ?? ""
                #expect(
                    ["reprise", "make", "export", "read", "zstd", "duckdb", "sqlite3", "aws"].contains(word),
                    "\(line)"
                )
            }
        }
    }

    @Test(.needs(.python, .tool("zstd"), .tool("sqlite3")))
    func everyCommandRunsAsItIsWritten() throws {
        let place = try Place()
        for line in try Readme.commands().filter({ !Readme.needsEngine($0) && !Readme.needsAccount($0) }) {
            if line.hasPrefix("make ") {
                #expect(try Readme.makeTargets().contains(String(line.dropFirst(5).prefix { $0.isLetter })), "\(line)")
                continue
            }
            let (status, text) = try place.run(line)
            #expect(status == 0, "\(line)\n\(status): \(text)")
        }
    }

    @Test(.needs(.opensearch, .elasticsearch))
    func everyCommandForASearchEngineRunsAsItIsWritten() async throws {
        let place = try Place()
        let engines = (try await SearchPeer.elasticsearch.url(), try await SearchPeer.opensearch.url())
        for line in try Readme.commands().filter(Readme.needsEngine) {
            let here = line.replacingOccurrences(of: "https://search.example:9200", with: engines.0)
                .replacingOccurrences(of: "http://127.0.0.1:9200", with: engines.1)
            let (status, text) = try place.run(here)
            #expect(status == 0, "\(line)\n\(status): \(text)")
        }
    }
}

/// The commands of AWS's own tool, against AWS in memory.
@Suite(.timeLimit(.minutes(20)))
struct ReadmeAccountTests {
    @Test(.needs(.pythonPackage("awscli"), .pythonPackage("moto")))
    func everyCommandForAnAccountRunsAsItIsWritten() throws {
        let folder = try TemporaryFolder()
        let python = try Surroundings.path(.python)
        let account = try RunningProgram(python, [Surroundings.peer("account.py"), "my-code"], in: folder)
        let files = FileManager.default
        try files.createSymbolicLink(
            atPath: folder.path + "/packaging",
            withDestinationPath: Surroundings.checkout + "/packaging"
        )
        try files.createDirectory(atPath: folder.path + "/dist", withIntermediateDirectories: true)
        // What is in it matters to Lambda alone.
        try Data("zip".utf8).write(to: URL(fileURLWithPath: folder.path + "/dist/lambda.zip"))
        let environment = [
            "PATH": URL(fileURLWithPath: python).deletingLastPathComponent().path + ":/usr/bin:/bin",
            "AWS_ENDPOINT_URL": try account.firstLine(seconds: 60), "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any-secret",
        ]
        let lines = try Readme.commands().filter(Readme.needsAccount)
        #expect(lines.count >= 2)
        for line in lines {
            let result = try RunningProgram("/bin/bash", ["-c", line], in: folder, environment: environment)
                .wait(seconds: 120)
            #expect(result.status == 0, "\(line)\n\(result.errors.suffix(2_000))\(result.text.suffix(2_000))")
        }
    }
}

/// The README's blocks of code.
private enum Readme {
    /// Lines that are indented by four blanks, without their comments, in blocks.
    static func blocks() throws -> [[String]] {
        let text = try String(contentsOfFile: Surroundings.checkout + "/README.md", encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).split { !$0.hasPrefix("    ") }
            .map { $0.map { String($0.dropFirst(4)) } }
    }

    /// A settings file begins with its name as a comment.
    static func isSettings(_ block: [String]) -> Bool { block.first?.hasPrefix("# ") == true }

    static func commands() throws -> [String] {
        try blocks().filter { !isSettings($0) }.joined().map {
            // Two blanks or more and a comment; within quotes there is none.
            $0.replacing(/\ {2,}#.*$/, with: "")
        }
    }

    static func needsEngine(_ line: String) -> Bool { line.contains("search:http") }

    static func needsAccount(_ line: String) -> Bool { line.hasPrefix("aws ") }

    static func makeTargets() throws -> [String] {
        try String(contentsOfFile: Surroundings.checkout + "/Makefile", encoding: .utf8).split(separator: "\n")
            .compactMap { line in line.firstMatch(of: /^([a-z]+):/).map { String($0.1) } }
    }
}

/// A folder with a journal, and a simulator in X's place.
private final class Place {
    private let folder: TemporaryFolder
    private let simulator: RunningProgram
    private let environment: [String: String]
    private let firehose = FirehoseDouble()
    private let bucket = S3Double()
    /// What a line started that others then talk to.
    private var servers: [RunningProgram] = []

    init() throws {
        folder = try TemporaryFolder()
        let reprise = try Surroundings.reprise()
        let bin = folder.path + "/bin"
        let files = FileManager.default
        try files.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: bin + "/reprise", withDestinationPath: reprise)
        // DuckDB's own command is not packaged; its library is, for Python.
        let duckdb =
            "#!/bin/sh\nexec \(try Surroundings.path(.python)) -c 'import sys, duckdb; print(duckdb.sql(sys.argv[2]))' \"$@\"\n"
        _ = files.createFile(
            atPath: bin + "/duckdb",
            contents: Data(duckdb.utf8),
            attributes: [.posixPermissions: 0o755]
        )
        try files.createDirectory(atPath: folder.path + "/data", withIntermediateDirectories: true)
        for name in ["rules", "events"] {
            try files.copyItem(atPath: "\(Surroundings.checkout)/data/\(name)", toPath: "\(folder.path)/data/\(name)")
        }
        simulator = try RunningProgram(reprise, ["simulate", "--port", "0", "--rate", "100", "--lookups"], in: folder)
        environment = [
            "PATH": bin + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
            "X_API_URL": try simulator.firstLine(), "BEARER_TOKEN": "any", "REPRISE_PORT": "0",
            "AWS_ENDPOINT_URL_FIREHOSE": firehose.server.url, "AWS_ENDPOINT_URL_S3": bucket.server.url,
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any-secret",
        ]
        let recorder = try RunningProgram(reprise, ["record"], in: folder, environment: environment)
        _ = try until("a sealed journal; \(recorder.errors)") {
            (try? files.attributesOfItem(atPath: folder.path + "/data/journal/filtered/tail")) != nil ? true : nil
        }
        sleepMilliseconds(1_500)
        recorder.send(SIGTERM)
        guard try recorder.wait().status == 0 else { throw RunningProgram.Failure(description: try recorder.errors) }
    }

    /// Runs a line to its end; what goes on until it is stopped is stopped once it has worked for a while.
    func run(_ line: String) throws -> (status: Int32, text: String) {
        let line = try line.contains("s3://") ? line.replacing("s3://my-posts", with: downloaded() + "/my-posts") : line
        let goesOn = [
            /reprise run\b/, /reprise record\b/, /--follow\b/, /--watch\b/, /reprise serve\b/, /reprise simulate\b/,
        ]
        .contains { line.contains($0) }
        // The one before has the same port.
        if line.contains("reprise simulate") { try stopServers() }
        // Its own signals are then the command's; what is asked for, at a terminal alone, is answered.
        // A flood of answers would fill the terminal's buffers, and both ends would wait.
        let answered =
            line.contains("rules apply")
            ? "{ sleep 1; echo y; sleep 2; } | script -qec '\(line)' /dev/null" : "yes | \(line)"
        let script = goesOn ? "exec env \(line)" : answered
        let program = try RunningProgram("/bin/bash", ["-c", script], in: folder, environment: environment)
        guard goesOn else { return try result(of: program.wait()) }
        // An engine makes an index first.
        sleepMilliseconds(Readme.needsEngine(line) ? 10_000 : 2_000)
        guard program.isRunning else { return try result(of: program.wait()) }
        if line.contains("reprise simulate") {
            servers.append(program)
            return (0, "")
        }
        program.send(SIGTERM)
        return try result(of: program.wait())
    }

    /// The bucket's objects as files: what reads them from S3 itself is not ours.
    private func downloaded() throws -> String {
        let top = folder.path + "/downloaded"
        for (key, bytes) in bucket.state.objects {
            let place = URL(fileURLWithPath: "\(top)/my-posts/\(key)")
            let folder = place.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: place)
        }
        return top
    }

    private func stopServers() throws {
        for server in servers {
            server.send(SIGTERM)
            _ = try server.wait()
        }
        servers = []
    }

    private func result(of ended: RunningProgram.Result) -> (status: Int32, text: String) {
        (ended.status, ended.errors + String(ended.text.suffix(2_000)))
    }

    deinit { for server in servers + [simulator] { server.send(SIGTERM) } }
}
