internal import Journal
internal import Transform

extension MergedRecords.Item {
    /// Adds the record's documents to a batch, and says what became of it.
    func outcome(by transform: DefaultTransform, into batch: DocumentBatch) -> TransformOutcome {
        switch mark.kind {
        case .keepAlive: return .dropped(.keepAlive)
        case .torn: return .dropped(.torn)
        case .tooLong: return .failed(.tooLong)
        case .whole: break
        }
        let offset = mark.offset.rawValue
        switch lookup {
        case .none:
            return transform.transform(
                line,
                offset: offset,
                arrival: mark.arrival,
                ordinal: mark.ordinal,
                into: batch
            )
        case .deletions:
            return transform.transform(
                deletions: line,
                offset: offset,
                arrival: mark.arrival,
                ordinal: mark.ordinal,
                into: batch
            )
        case .answer(let question):
            return transform.transform(
                lookup: line,
                question: question,
                offset: offset,
                arrival: mark.arrival,
                ordinal: mark.ordinal,
                into: batch
            )
        }
    }
}
