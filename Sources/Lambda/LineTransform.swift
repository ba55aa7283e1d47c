public import Time
internal import Transform

/// The transform over lines that no journal holds: documents as NDJSON, without `version`.
///
/// Tombstones stand among them. One thread.
public final class LineTransform {
    /// What became of the lines so far; each is a record.
    public private(set) var totals = EventTotals()
    private let transform = DefaultTransform()
    private let batch = DocumentBatch()

    /// Makes a transform.
    public init() {}

    /// Adds a line's documents to some output, a line each.
    public func take(_ line: LineBuffer.Line, arrival: Timestamp, into output: inout [UInt8]) {
        totals.records += 1
        switch outcome(of: line, arrival) {
        case .yielded(let count):
            totals.ok += 1
            totals.documents += count
            for document in batch.documents {
                output.append(contentsOf: batch.bytes(document.json))
                output.append(10)
            }
        case .dropped(let reason):
            totals.dropped += 1
            totals.dropReasons[reason.rawValue, default: 0] += 1
        case .failed(let reason):
            totals.failed += 1
            totals.noteFailure("".utf8, line: totals.records, reason.rawValue)
        }
        totals.leftOutValues = transform.leftOutCount
    }

    private func outcome(of line: LineBuffer.Line, _ arrival: Timestamp) -> TransformOutcome {
        batch.removeAll()
        switch line {
        case .tooLong: return .failed(.tooLong)
        case .whole(let bytes):
            return transform.transform(bytes, offset: 0, arrival: arrival, ordinal: 0, into: batch)
        }
    }
}

// Its batch has one owner and no lock.
@available(*, unavailable)
extension LineTransform: Sendable {}
