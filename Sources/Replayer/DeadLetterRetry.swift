public import Journal
public import Sinks
internal import Transform

/// Makes the documents of dead letters again from the journal, and delivers them once more.
public struct DeadLetterRetry {
    /// Letters whose documents the sink has now.
    public private(set) var delivered: [DeadLetter] = []
    /// Letters whose documents were refused again, with the new reason.
    public private(set) var refused: [DeadLetter] = []
    /// Letters whose record gives no such document any more, or cannot be read.
    public private(set) var vanished: [DeadLetter] = []

    /// Retries letters of one sink; waits until each is settled.
    ///
    /// - Parameter isRaw: whether the sink gets recorded lines as they are.
    /// - Throws: `JournalError`, or the sink's error where it takes nothing; nothing is removed from the letters here.
    public init(
        _ letters: [DeadLetter],
        of journal: Journal,
        through delivery: any Delivery,
        isRaw: Bool = false
    ) throws {
        let transform = DefaultTransform()
        var batch = DocumentBatch()
        var asked: [DeadLetter] = []
        for letter in letters {
            batch.source = asked.count
            let before = batch.documents.count
            try DeadLetterRetry.transform(letter, of: journal, transform, isRaw, into: batch)
            // Documents of the record that were not refused are sent again too, and found to be there.
            if batch.documents.count == before { vanished.append(letter) } else { asked.append(letter) }
            if batch.documents.count >= delivery.batchDocumentLimit / 2 { batch = try delivery.deliver(batch) }
        }
        if !batch.isEmpty { _ = try delivery.deliver(batch) }
        try delivery.finish()
        var again: [Int: String] = [:]
        for document in try delivery.progress().refused where asked[document.source].ordinal == document.ordinal {
            again[document.source] = document.reason
        }
        for (number, letter) in asked.enumerated() {
            guard let reason = again[number] else {
                delivered.append(letter)
                continue
            }
            refused.append(
                DeadLetter(
                    sink: letter.sink,
                    source: letter.source,
                    offset: letter.offset,
                    ordinal: letter.ordinal,
                    reason: reason
                )
            )
        }
    }

    private static func transform(
        _ letter: DeadLetter,
        of journal: Journal,
        _ transform: DefaultTransform,
        _ isRaw: Bool,
        into batch: DocumentBatch
    ) throws {
        let records = MergedRecords([
            try RecordReader(journal: journal, source: letter.source, from: .offset(letter.offset))
        ])
        while let item = try records.next() {
            if item.mark.kind == .keepAlive { continue }
            guard item.mark.offset == letter.offset, item.mark.kind == .whole else { return }
            _ = item.outcome(by: transform, isRaw: isRaw, into: batch)
            return
        }
    }
}
