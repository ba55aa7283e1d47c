import Foundation
import SQLite
import Testing
import Time
import Transform

@testable import Refresher

/// All that `posts.sqlite` says of the posts, a line each; not what it is called.
func postsDump(_ journal: String) throws -> [String] {
    try rows("\(journal)/posts.sqlite", "SELECT * FROM posts ORDER BY id")
}

/// All that an index holds, hidden posts and counts too.
func indexDump(_ path: String) throws -> [String] {
    try rows(path, "SELECT * FROM documents ORDER BY tweet_id")
        + rows(path, "SELECT * FROM totals ORDER BY category")
        + rows(path, "SELECT * FROM minutes ORDER BY minute, category")
        + rows(path, "SELECT * FROM newest")
}

/// The rows of a query as text.
func rows(_ path: String, _ query: String) throws -> [String] {
    let select = try Connection(path: path, mode: .readOnly).prepare(query)
    var rows: [String] = []
    while try select.step() {
        rows.append((0..<select.columnCount).map { select.string($0) ?? "-" }.joined(separator: "|"))
    }
    return rows
}

/// Documents of one record each, as the transform makes them.
enum Documents {
    private static func transform(
        _ text: String,
        _ body: (DefaultTransform, UnsafeRawBufferPointer, DocumentBatch) -> TransformOutcome
    ) -> DocumentBatch {
        let line = Array(text.utf8)
        let batch = DocumentBatch()
        let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
        padded.withUnsafeBytes { bytes in
            let record = UnsafeRawBufferPointer(rebasing: bytes[0..<line.count])
            guard case .yielded = body(DefaultTransform(), record, batch) else {
                Issue.record("no document of \(text)")
                return
            }
        }
        return batch
    }

    /// A sighting on the stream.
    static func sighting(_ post: String, rules: String, at time: Timestamp) -> DocumentBatch {
        transform(#"{"data":\#(post),"matching_rules":\#(rules)}"#) {
            $0.transform($1, offset: 0, arrival: time, ordinal: 0, into: $2)
        }
    }

    /// The answer to a lookup of posts whose sighting is what was known of them.
    static func answer(_ answer: String, to question: Question, at time: Timestamp) -> DocumentBatch {
        let event = Array(#"{"kind":"asked","number":1,"posts":"#.utf8) + question.json + Array("}".utf8)
        return transform(answer) {
            $0.transform(lookup: $1, question: event, offset: 0, arrival: time, ordinal: 0, into: $2)
        }
    }
}
