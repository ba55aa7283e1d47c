import Foundation
import TestSupport
import Testing

/// What X sends in another shape than it documents is found again.
@Suite(.timeLimit(.minutes(20)))
struct UnexpectedValueTests {
    private struct Books: Decodable {
        let records: Int
        let documents: Int
        let failed: [String: Int]
        let failed_at: [String: [String]]
        let left_out_values: Int
        let left_out_at: [String]
    }

    private static func record(_ id: Int, _ likes: String, tag: String = #""cats""#) -> String {
        #"{"data":{"id":"\#(id)","text":"t","public_metrics":{"like_count":\#(likes),"quote_count":4}},"#
            + #""matching_rules":[{"id":"1","tag":\#(tag)}]}"# + "\n"
    }

    @Test func oneValueIsLeftOutAndFailedRecordsAreNamed() throws {
        let folder = try TemporaryFolder()
        let lines = [
            Self.record(1, "3"), Self.record(2, #""12""#), Self.record(3, "3.0"), Self.record(4, "3", tag: "7"),
            #"{"data":{"id":7}}"# + "\n", Self.record(5, "5"), #"{"neither":1}"# + "\n",
        ]
        try lines.joined().write(toFile: "\(folder.path)/posts.ndjson", atomically: true, encoding: .utf8)
        let recording = try Recording(
            in: folder,
            simulator: ["--file", "\(folder.path)/posts.ndjson", "--once", "--rate", "max"],
            recorder: ["--once"]
        )
        #expect(try recording.recorder.wait().status == 0)
        let journal = "\(folder.path)/journal"
        let arguments = ["replay", "--journal", journal, "--sink", "ndjson:\(folder.path)/out.ndjson"]
        let result = try RunningProgram(Surroundings.reprise(), arguments + ["--json"], in: folder).wait()
        // Something is missing in the documents.
        #expect(result.status == 3)
        let books = try JSONDecoder().decode(Books.self, from: result.output)
        #expect(books.records == 7 && books.documents == 5 && books.left_out_values == 3)
        #expect(books.failed == ["wrong-type": 1, "no-data": 1])
        // The simulator ends lines with CRLF.
        var offset = 0
        let offsets = lines.map { line -> String in
            defer { offset += line.utf8.count + 1 }
            return "filtered:\(offset)"
        }
        #expect(books.failed_at == ["wrong-type": [offsets[4]], "no-data": [offsets[6]]])
        #expect(books.left_out_at == [offsets[1], offsets[2], offsets[3]])
        let text = try RunningProgram(Surroundings.reprise(), arguments, in: folder).wait().errors
        #expect(text.contains("failed     wrong-type, first at \(offsets[4])"), "\(text)")
        #expect(text.contains("left out   3 values of an unexpected type, first at \(offsets[1]), "), "\(text)")
        let documents = try String(contentsOfFile: "\(folder.path)/out.ndjson", encoding: .utf8)
        #expect(documents.split(separator: "\n").filter { $0.contains(#""quotes":4"#) }.count == 5)
    }
}
