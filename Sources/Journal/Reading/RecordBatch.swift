public import Time

/// Where one line of a batch stands and when it arrived.
public struct RecordMark: Sendable, Equatable {
    /// What became of a line.
    public enum Kind: UInt8, Sendable {
        /// A record, delivered whole.
        case whole
        /// A blank line.
        case keepAlive
        /// A fragment: its connection ended, or bytes are missing, before its LF.
        case torn
        /// A record of more than `RecordReader.recordByteLimit` bytes; its bytes are not in the batch.
        case tooLong
    }

    /// Index of the line's first byte in the batch's bytes.
    public let start: Int
    /// Bytes of the line without its LF or CRLF; 0 for one that is too long.
    public let length: Int
    /// Offset of the line's first byte in the source.
    public let offset: ByteOffset
    /// Offset behind its LF, or behind its last byte where it is torn.
    public let endOffset: ByteOffset
    /// When the delivery that completed it arrived; for a fragment, when the event that ended it happened.
    public let arrival: Timestamp
    /// How many lines the same delivery had completed before it; arrival and ordinal together are unique in a source.
    public let ordinal: Int
    /// What became of it.
    public let kind: Kind
}

/// Lines that follow each other in a source, with the events between them; valid until the reader is asked again.
public struct RecordBatch {
    /// The bytes that the marks point into; 64 more behind them may be read.
    public let bytes: UnsafeRawBufferPointer
    /// The lines, in order.
    public let records: [RecordMark]
    /// What happened among them, in order.
    public let events: [JournalEvent]

    /// A record's bytes, without its line end.
    public func line(_ mark: RecordMark) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[mark.start..<mark.start + mark.length])
    }
}
