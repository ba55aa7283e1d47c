import Foundation
import Lambda
import Testing

/// The events in data/events, each with its response; RECORD_SNAPSHOTS=1 writes the responses anew.
@Suite struct SavedEventTests {
    private static let names = [
        "original", "retweet", "edit", "several-rules", "no-rule", "keep-alive", "error", "malformed", "not-base64",
        "500-records",
    ]

    /// What the transform says of each record.
    private static let expected = [
        "original": "OOO", "retweet": "OO", "edit": "OD", "several-rules": "OO", "no-rule": "OO", "keep-alive": "DDDO",
        "error": "DD", "malformed": "PPPPOO", "not-base64": "PPPPPO",
    ]

    @Test func thereIsAResponseForEachEventAndNothingElse() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Event.folder.path)
        #expect(Set(files) == Set(Self.names.flatMap { ["\($0).json", "\($0).response.json"] } + ["README.md"]))
    }

    @Test(arguments: names) func theResponseIsTheOneThatWasSaved(name: String) throws {
        let event = try Data(contentsOf: Event.folder.appendingPathComponent("\(name).json"))
        let body = try EventTransform().respond(to: Array(event)).body
        let results = try Event.results(body)
        if let letters = Self.expected[name] { #expect(String(results.compactMap(\.result.first)) == letters) }
        // Readable: a result a line.
        let text =
            String(decoding: body, as: UTF8.self)
            .replacingOccurrences(of: #"{"recordId""#, with: "\n" + #"{"recordId""#) + "\n"
        let golden = Event.folder.appendingPathComponent("\(name).response.json")
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
        }
        let saved = try String(contentsOf: golden, encoding: .utf8)
        #expect(text == saved, "RECORD_SNAPSHOTS=1 swift test --filter SavedEventTests")
    }

    @Test func fiveHundredRecordsAreAnsweredInOrder() throws {
        let event = try Data(contentsOf: Event.folder.appendingPathComponent("500-records.json"))
        let records = try #require(
            (JSONSerialization.jsonObject(with: event) as? [String: Any])?["records"] as? [[String: Any]]
        )
        #expect(records.count == 500)
        let results = try Event.results(of: Array(event))
        #expect(results.map(\.id) == records.map { $0["recordId"] as? String })
        #expect(Set(results.map(\.result)) == ["Ok", "Dropped", "ProcessingFailed"])
    }
}
