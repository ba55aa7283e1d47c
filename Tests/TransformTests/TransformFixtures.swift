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
