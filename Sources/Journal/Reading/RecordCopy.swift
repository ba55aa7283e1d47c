internal import Time

/// Copies a range of a source out of the journal as it was stored: what `journal cat` prints.
public struct RecordCopy: Sendable, Equatable {
    /// Records copied.
    public private(set) var records = 0
    /// Blank lines left out.
    public private(set) var keepAlives = 0
    /// Fragments left out: lines whose connection ended, or whose bytes are missing, before their LF.
    public private(set) var fragments = 0
    /// Bytes copied.
    public private(set) var bytes = 0
    /// What of the range could not be read.
    public private(set) var unread = UnreadBytes()

    /// Copies whole records with their own line ends; fragments and keep-alives are left out and counted.
    ///
    /// A record of more than `RecordReader.recordByteLimit` bytes is copied piece by piece.
    ///
    /// - Parameters:
    ///   - times: writes the arrival, RFC 3339, and a tab before each record.
    ///   - output: takes the bytes, which are valid only during the call.
    /// - Returns: what was copied and left out.
    /// - Throws: `JournalError`, or what the output throws.
    public static func records(
        of journal: Journal,
        source: SourceName,
        from start: ReadStart = .beginning,
        to end: ReadEnd = .now,
        times: Bool = false,
        output: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> RecordCopy {
        var copy = RecordCopy()
        let reader = try RecordReader(journal: journal, source: source, from: start, to: end)
        while let batch = try reader.nextBatch() {
            for mark in batch.records {
                switch mark.kind {
                case .keepAlive: copy.keepAlives += 1
                case .torn: copy.fragments += 1
                case .whole:
                    if times { try copy.write(mark.arrival, output) }
                    let stored = mark.start..<mark.start + (mark.endOffset - mark.offset)
                    try copy.write(UnsafeRawBufferPointer(rebasing: batch.bytes[stored]), output)
                    copy.records += 1
                case .tooLong:
                    if times { try copy.write(mark.arrival, output) }
                    let pieces = try ByteReader(
                        journal: journal,
                        source: source,
                        from: mark.offset,
                        to: mark.endOffset
                    )
                    while let piece = try pieces.next() { try copy.write(piece, output) }
                    copy.records += 1
                }
            }
        }
        copy.unread = reader.unread
        return copy
    }

    /// Copies every byte of a range, keep-alives and fragments too.
    ///
    /// - Throws: `JournalError`, or what the output throws.
    public static func bytes(
        of journal: Journal,
        source: SourceName,
        from start: ReadStart = .beginning,
        to end: ReadEnd = .now,
        output: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> RecordCopy {
        var copy = RecordCopy()
        let first: ByteOffset
        switch start {
        case .beginning: first = .zero
        case .offset(let offset): first = offset
        case .time(let time): first = try journal.offset(of: time, in: source)
        }
        let last: ByteOffset?
        switch end {
        case .now, .never: last = nil
        case .offset(let offset): last = offset
        case .time(let time): last = try journal.offset(of: time, in: source)
        }
        let reader = try ByteReader(journal: journal, source: source, from: first, to: last)
        while let piece = try reader.next() { try copy.write(piece, output) }
        copy.unread = reader.unread
        return copy
    }

    private mutating func write(
        _ piece: UnsafeRawBufferPointer,
        _ output: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try output(piece)
        bytes += piece.count
    }

    private mutating func write(_ time: Timestamp, _ output: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 28, alignment: 8) { buffer in
            time.writeRFC3339(to: buffer)
            buffer[27] = 9
            try write(UnsafeRawBufferPointer(buffer), output)
        }
    }
}
