import Foundation
import TestSupport
import Testing

/// A post cannot move the cursor of whoever looks at it, nor turn around what stands beside it.
@Suite(.timeLimit(.minutes(20)))
struct HiddenTextTests {
    private static let hidden = "\u{202E}\u{9B}31m\u{7F}\u{2066}"

    private func record(in folder: TemporaryFolder) throws -> (recording: Recording, line: Data) {
        // As JSON may hold them: only the first 32 characters must be escaped there.
        let line = Data("{\"data\":{\"id\":\"1\",\"text\":\"a\(Self.hidden)b 🐈\"},\"matching_rules\":[]}\r\n".utf8)
        let posts = folder.path + "/posts"
        try line.write(to: URL(fileURLWithPath: posts))
        let recording = try Recording(
            in: folder,
            simulator: ["--file", posts, "--once"],
            recorder: ["--once"]
        )
        _ = try recording.recorder.wait()
        return (recording, line)
    }

    private func onTerminal(_ words: [String], in folder: TemporaryFolder) throws -> String {
        let quoted = ([try Surroundings.reprise()] + words).map { "'\($0)'" }.joined(separator: " ")
        let text = try output(of: Surroundings.path(.tool("script")), ["-qec", quoted, "/dev/null"], in: folder)
        return String(decoding: text, as: UTF8.self)
    }

    @Test(
        .needs(.tool("script")),
        arguments: [
            ["journal", "cat"], ["journal", "cat", "--raw"], ["journal", "cat", "--times"], ["replay"],
        ]
    ) func aPostIsSpelledOutOnATerminalAndPassedOnElsewhere(words: [String]) throws {
        let folder = try TemporaryFolder()
        let (recording, line) = try record(in: folder)
        let journal = ["--journal", recording.journal]
        let shown = try onTerminal(words + journal, in: folder)
        #expect(shown.contains(#"a\u202e\u009b31m\u007f\u2066b 🐈"#), "\(shown.debugDescription)")
        #expect(
            !shown.unicodeScalars.contains {
                Self.hidden.unicodeScalars.contains($0) && $0 != "3" && $0 != "1" && $0 != "m"
            }
        )
        let piped = try output(of: Surroundings.reprise(), words + journal, in: folder)
        #expect(piped.range(of: Data("a\(Self.hidden)b 🐈".utf8)) != nil)
        if words == ["journal", "cat"] { #expect(piped.filter { $0 != 13 } == line.filter { $0 != 13 }) }
    }

    @Test func whatAServerSaysIsSpelledOutInErrorsAndResults() throws {
        let folder = try TemporaryFolder()
        let said = "no\(Self.hidden)\u{1B}[2J"
        let json = String(decoding: try JSONEncoder().encode(["title": "t", "detail": said]), as: UTF8.self)
        let server = ScriptedServer { $0.answer(status: "403 No", body: json) }
        defer { server.stop() }
        let words = ["rules", "list", "--x-api-url", server.url]
        let result = try RunningProgram(Surroundings.reprise(), words, in: folder).wait()
        #expect(result.status != 0 && result.errors.contains("no\\u202e"), "\(result.errors.debugDescription)")
        #expect(
            !result.errors.unicodeScalars.contains {
                $0 == "\u{202E}" || $0 == "\u{9B}" || $0 == "\u{1B}" || $0 == "\u{7F}"
            }
        )
    }
}
