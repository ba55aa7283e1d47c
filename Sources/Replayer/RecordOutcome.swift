internal import Journal
internal import Transform

extension MergedRecords.Item {
    /// Adds the record's documents to a batch, and says what became of it.
    ///
    /// - Parameter isRaw: whether the line itself is the document.
    func outcome(by transform: DefaultTransform, isRaw: Bool, into batch: DocumentBatch) -> TransformOutcome {
        switch mark.kind {
        case .keepAlive: return .dropped(.keepAlive)
        case .torn: return .dropped(.torn)
        case .tooLong: return .failed(.tooLong)
        case .whole: break
        }
        let offset = mark.offset.rawValue
        if isRaw {
            // Questions and answers are no part of a stream.
            let origin: DocumentClass = if case .none = lookup { .stream } else { .lookup }
            batch.addRecord(line, offset: offset, arrival: mark.arrival, ordinal: mark.ordinal, origin: origin)
            return .yielded(1)
        }
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
