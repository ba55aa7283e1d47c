import Foundation
import TestSupport
import Testing

/// The help of every command is what Tests/Fixtures/help holds; RECORD_SNAPSHOTS=1 writes it anew.
@Suite(.timeLimit(.minutes(20)))
struct HelpTests {
    private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/help")

    @Test func everyPageIsAsItWasRecorded() throws {
        let folder = try TemporaryFolder()
        var waiting: [[String]] = [[]]
        var names: Set<String> = []
        while let words = waiting.popLast() {
            let result = try RunningProgram(Surroundings.reprise(), words + ["--help"], in: folder).wait()
            #expect(result.status == 0, "\(words)")
            let name = (["reprise"] + words).joined(separator: "-") + ".txt"
            names.insert(name)
            let golden = fixtures.appendingPathComponent(name)
            if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
                try result.text.write(to: golden, atomically: true, encoding: .utf8)
            } else {
                let expected = try? String(contentsOf: golden, encoding: .utf8)
                #expect(
                    result.text == expected,
                    "the help of '\(words.joined(separator: " "))' has changed: RECORD_SNAPSHOTS=1 swift test --filter HelpTests"
                )
            }
            waiting += commands(in: result.text).map { words + [$0] }
        }
        #expect(names.count > 10)
        let recorded = try FileManager.default.contentsOfDirectory(atPath: fixtures.path)
        #expect(Set(recorded) == names, "a page that no command has any more")
    }

    /// The first words under COMMANDS.
    private func commands(in page: String) -> [String] {
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "COMMANDS") else { return [] }
        return lines[(start + 1)...].prefix { !$0.isEmpty }.compactMap { line in
            guard line.hasPrefix("  "), !line.hasPrefix("   ") else { return nil }
            return line.split(separator: " ").first.map(String.init)
        }
    }
}
