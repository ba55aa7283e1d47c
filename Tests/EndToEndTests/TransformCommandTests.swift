import Foundation
import Journal
import TestSupport
import Testing

/// `reprise transform`, by hand.
@Suite(.timeLimit(.minutes(20)))
struct TransformCommandTests {
    private static let events = Surroundings.checkout + "/data/events"

    /// Runs the command with a file as standard input.
    private func transform(
        _ arguments: String,
        input: String,
        in folder: TemporaryFolder
    ) throws -> RunningProgram.Result {
        try input.write(toFile: folder.path + "/input", atomically: true, encoding: .utf8)
        let line = "exec '\(try Surroundings.reprise())' transform \(arguments) < input"
        return try RunningProgram("/bin/sh", ["-c", line], in: folder).wait()
    }

    @Test func theResponseToASavedEventIsPrinted() throws {
        let folder = try TemporaryFolder()
        let saved = try String(contentsOfFile: "\(Self.events)/keep-alive.response.json", encoding: .utf8)
        let named = try transform("--event '\(Self.events)/keep-alive.json'", input: "", in: folder)
        #expect(named.status == 0 && named.text == saved.replacing("\n", with: "") + "\n", "\(named.errors)")
        #expect(named.errors.contains("records    4 = 1 converted + 3 dropped (keep-alive 6) + 0 failed"))
        let event = try String(contentsOfFile: "\(Self.events)/malformed.json", encoding: .utf8)
        let piped = try transform("--event -", input: event, in: folder)
        #expect(piped.status == 3 && piped.errors.contains("line 1: malformed"), "\(piped.errors)")
        let none = try transform("--event -", input: "{}", in: folder)
        #expect(none.status == 1 && none.errors.contains("no array 'records'") && none.text.isEmpty)
        let missing = try transform("--event nothing.json", input: "", in: folder)
        #expect(missing.status == 78 && missing.errors.contains("nothing.json"))
    }

    @Test func documentsOfStandardInputAreTheReplaysWithoutTheirVersion() throws {
        let folder = try TemporaryFolder()
        let posts = (0..<3_000).map { number in
            #"{"data":{"id":"\#(number)","text":"post \#(number) 🐈"},"matching_rules":[{"tag":"cats"}]}"#
        }
        let input = posts.joined(separator: "\r\n") + "\r\n\r\n"
        let writer = try JournalWriter(directory: folder.path + "/journal", source: .filtered)
        try Array(input.utf8).withUnsafeBytes { try writer.append($0) }
        try writer.close()
        let replay = try RunningProgram(Surroundings.reprise(), ["replay", "--journal", "journal"], in: folder).wait()
        let made = try transform("--arrival 2026-11-24T08:33:00Z", input: input, in: folder)
        #expect(made.status == 0, "\(made.errors)")
        func plain(_ text: String) -> [String] {
            text.split(separator: "\n").map {
                String(
                    $0.replacing(/,"version":\d+/, with: "").replacing(/"timestamp":\d+/, with: "")
                        .replacing(/"observed_at":"[^"]*"/, with: "")
                )
            }
        }
        #expect(plain(made.text).count == 3_000 && plain(made.text) == plain(replay.text))
        #expect(made.text.contains(#""observed_at":"2026-11-24T08:33:00.000000Z""#) && !made.text.contains("version"))
    }

    @Test func lossesAndWrongOptionsEndWithTheirOwnCodes() throws {
        let folder = try TemporaryFolder()
        let lossy = try transform("", input: "nothing\n{\"data\":{\"id\":\"7\"}}", in: folder)
        #expect(lossy.status == 3 && lossy.errors.contains("failed     line 1: malformed"), "\(lossy.errors)")
        #expect(lossy.text.hasPrefix(#"{"tweet_id":"7","timestamp":"#))
        for words in ["--arrival yesterday", "--event - --arrival 2026-11-24T08:33:00Z"] {
            let wrong = try transform(words, input: "", in: folder)
            #expect(wrong.status == 64 && wrong.errors.contains("--arrival"), "\(wrong.errors)")
        }
        let empty = try transform("", input: "", in: folder)
        #expect(empty.status == 0 && empty.text.isEmpty && empty.errors.contains("records    0 ="))
    }
}
