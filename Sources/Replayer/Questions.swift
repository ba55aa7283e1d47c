internal import Journal

/// Brings the answers to lookups together with their questions, as the events of a source and its records come by, in order.
///
/// Question and answer stand at the same byte: `asked` before the request left, `answered` at the first byte of the answer. Only
/// one question is open at a time, so the last one is kept. A record of deletions stands behind an event `believed`.
struct Questions {
    private var offset = ByteOffset.zero
    private var asked: (number: Int, json: [UInt8])?
    private var answered: Int?
    private var isBelieved = false

    /// Takes an event in.
    mutating func note(_ event: JournalEvent) {
        if event.offset != offset { (offset, asked, answered, isBelieved) = (event.offset, nil, nil, false) }
        // Of several at one offset, because what was to follow was never written, the last one counts.
        switch event.kind {
        case EventKind.asked: (asked, isBelieved) = (event.number.map { ($0, event.json) }, false)
        case EventKind.answered: (answered, isBelieved) = (event.number, false)
        case EventKind.believed: isBelieved = true
        default: break
        }
    }

    /// The question that a record is the answer to: its JSON, nil where it is not there; or that the record is no answer.
    func question(of mark: RecordMark) -> Lookup {
        guard mark.offset == offset else { return .none }
        if isBelieved { return .deletions }
        guard let answered else { return .none }
        return .answer(to: asked?.number == answered ? asked?.json : nil)
    }

    /// What a record has to do with lookups.
    enum Lookup {
        /// Nothing.
        case none
        /// It answers a question, which is missing where this is nil.
        case answer(to: [UInt8]?)
        /// It lists posts that are gone.
        case deletions
    }
}
