import Foundation
import JSON
import Time

@testable import Transform

let someArrival = Timestamp(microseconds: 1_780_000_000_123_456)

/// Runs one record through the transform and gives its documents as text.
func transform(_ line: [UInt8], arrival: Timestamp = someArrival, ordinal: Int = 0) -> (TransformOutcome, [String]) {
    let batch = DocumentBatch()
    let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
    let outcome = padded.withUnsafeBytes { bytes in
        DefaultTransform().transform(
            UnsafeRawBufferPointer(rebasing: bytes[0..<line.count]),
            offset: 0,
            arrival: arrival,
            ordinal: ordinal,
            into: batch
        )
    }
    return (outcome, batch.documents.map { batch.json(of: $0) })
}

func transform(_ text: String) -> (TransformOutcome, [String]) { transform(Array(text.utf8)) }

func outcome(_ text: String) -> TransformOutcome { transform(text).0 }

/// Runs the answer to a lookup through the transform.
func lookUp(
    _ answer: String,
    asked question: Question?,
    deletionsWait: Bool = false,
    arrival: Timestamp = someArrival,
    ordinal: Int = 0
) -> (outcome: TransformOutcome, batch: DocumentBatch) {
    let wait = deletionsWait ? "\"deletions\":\"\(Question.deletionsLater)\"," : ""
    let event = question.map {
        Array("{\"kind\":\"asked\",\"number\":7,\(wait)\"posts\":".utf8) + $0.json + Array("}".utf8)
    }
    let batch = DocumentBatch()
    let line = Array(answer.utf8)
    let padded = line + [UInt8](repeating: 0, count: DefaultTransform.padding)
    let outcome = padded.withUnsafeBytes { bytes in
        DefaultTransform().transform(
            lookup: UnsafeRawBufferPointer(rebasing: bytes[0..<line.count]),
            question: event,
            offset: 0,
            arrival: arrival,
            ordinal: ordinal,
            into: batch
        )
    }
    return (outcome, batch)
}

extension DocumentBatch {
    /// The documents as text.
    var texts: [String] { documents.map { json(of: $0) } }
    /// The ids of the tombstones.
    var stones: [String] { documents.filter { $0.origin == .tombstone }.map { string($0.tweetID) } }
    /// The ids of what is no tombstone.
    var posts: [String] { documents.filter { $0.origin != .tombstone }.map { string($0.tweetID) } }
}

/// A question for some posts that were all seen at one time by one rule.
func question(_ ids: UInt64..., rules: String = #"["cats"]"#) -> Question {
    Question(ids.map { Question.Post(id: $0, arrival: someArrival - .seconds(900), rules: Array(rules.utf8)) })
}
