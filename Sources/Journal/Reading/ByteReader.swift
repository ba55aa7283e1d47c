/// Reads a stretch of a source byte for byte, keep-alives and fragments included; changes nothing.
public final class ByteReader {
    private let runs: RunReader
    private let buffer = RunBuffer()
    private let start: ByteOffset
    private let end: ByteOffset
    /// What of the range could not be read, as far as the reader has come.
    public private(set) var unread = UnreadBytes()

    /// Opens a half-open range of offsets; what is not committed when the reader is made is not seen.
    ///
    /// - Parameters:
    ///   - start: the first byte.
    ///   - end: the first byte that is not read, or nil for the end of what is committed.
    /// - Throws: `JournalError`: `notFound`, `io`, `corrupt`.
    public init(journal: Journal, source: SourceName, from start: ByteOffset = .zero, to end: ByteOffset? = nil) throws
    {
        let committed = try journal.endOffset(of: source)
        self.start = start
        self.end = min(end ?? committed, committed)
        runs = try journal.runs(of: source, from: .offset(start))
    }

    /// Gives the next bytes, valid until it is asked again, or nil at the end of the range; a damaged block's bytes are left out.
    ///
    /// - Throws: `JournalError`: `io`, `corrupt`.
    public func next() throws -> UnsafeRawBufferPointer? {
        while max(buffer.endOffset, runs.progress.offset) < end || runs.progress.sequence == nil {
            buffer.carry(from: buffer.length)
            guard try runs.next(into: buffer) else { return nil }
            noteGaps()
            let first = buffer.baseOffset < start ? min(buffer.length, start - buffer.baseOffset) : 0
            let last = buffer.endOffset > end ? max(first, buffer.length - (buffer.endOffset - end)) : buffer.length
            if last > first { return UnsafeRawBufferPointer(rebasing: buffer.bytes[first..<last]) }
        }
        return nil
    }

    private func noteGaps() {
        for event in buffer.events where event.offset >= start && event.offset <= end { unread.add(event) }
        if let arrival = buffer.arrivals.first { unread.note(arrival.time) }
    }
}
