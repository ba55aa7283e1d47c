public import Journal
internal import Sinks

/// Where the documents that one sink refuses are kept.
public struct DeadLetterBox {
    /// All sinks' letters.
    public let letters: DeadLetters
    /// The sink's address.
    public let sink: String

    /// Names a sink's letters.
    public init(_ letters: DeadLetters, sink: String) {
        self.letters = letters
        self.sink = sink
    }

    /// Keeps what a delivery refused.
    ///
    /// - Parameter sources: the sources by the numbers that the documents have.
    func keep(_ refused: [RefusedDocument], of sources: [SourceName]) throws {
        try letters.add(
            refused.map { document in
                DeadLetter(
                    sink: sink,
                    source: sources[document.source],
                    offset: ByteOffset(rawValue: document.offset),
                    ordinal: document.ordinal,
                    reason: document.reason
                )
            }
        )
    }
}
