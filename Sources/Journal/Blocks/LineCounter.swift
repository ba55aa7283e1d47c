internal import Files
internal import Glibc

/// Counts lines and records in bytes as they come, over the borders of deliveries.
///
/// A line ends with LF. It is a record unless it is blank: nothing, or one CR, before its LF.
struct LineCounter: Equatable {
    /// Bytes of the line that is not finished yet; an event that ends the line sets it to 0.
    private(set) var unfinished = 0
    private var isBlank = true

    /// Goes on with a line of which so many bytes have come; 0 begins one.
    init(unfinished: Int = 0) {
        self.unfinished = unfinished
        isBlank = unfinished == 0
    }

    /// An unfinished line stays so: what comes next begins a new one.
    mutating func breakLine() {
        unfinished = 0
        isBlank = true
    }

    /// Takes bytes in; returns how many lines end in them, how many of those are records, and the length up to the last LF.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> (lines: Int, records: Int, lastLine: Int) {
        guard let base = bytes.baseAddress else { return (0, 0, 0) }
        var start = 0
        var lines = 0
        var records = 0
        while start < bytes.count, let found = memchr(base + start, 10, bytes.count - start) {
            let end = UnsafeRawPointer(found) - base
            let length = end - start
            let isRecord =
                unfinished == 0
                ? length > 1 || (length == 1 && bytes[start] != 13)
                : !isBlank || unfinished + length > 1
            if isRecord { records += 1 }
            lines += 1
            breakLine()
            start = end + 1
        }
        let rest = bytes.count - start
        if rest > 0 {
            // Still blank only while the unfinished line is a lone CR.
            isBlank = unfinished == 0 && rest == 1 && bytes[start] == 13
            unfinished += rest
        }
        return (lines, records, start)
    }

    /// Takes a block's content in, with the events among its bytes that end a line; returns what `take` does for all of it.
    mutating func take(
        block content: UnsafeRawBufferPointer,
        _ trailer: BlockTrailer
    ) -> (
        lines: Int, records: Int, lastLine: Int
    ) {
        var counts = (lines: 0, records: 0, lastLine: 0)
        var position = 0
        func count(upTo end: Int, _ counter: inout LineCounter) {
            let taken = counter.take(UnsafeRawBufferPointer(rebasing: content[position..<end]))
            counts.lines += taken.lines
            counts.records += taken.records
            if taken.lines > 0 { counts.lastLine = position + taken.lastLine }
            position = end
        }
        for event in trailer.events where event.endsLine && event.offset >= trailer.firstOffset {
            let end = min(content.count, event.offset - trailer.firstOffset)
            guard end >= position else { continue }
            count(upTo: end, &self)
            breakLine()
        }
        count(upTo: content.count, &self)
        return counts
    }
}

extension LineCounter {
    /// The line that a block leaves unfinished; a block that is damaged leaves none that is known of.
    static func behind(_ location: BlockLocation, of file: FileHandle) throws -> LineCounter {
        let reader = BlockReader()
        guard let trailer = try reader.trailer(location, in: file) else { return LineCounter() }
        let content = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, trailer.length), alignment: 64)
        defer { content.deallocate() }
        try reader.content(of: location, in: file, into: content)
        var line = LineCounter(unfinished: trailer.carried)
        _ = line.take(block: UnsafeRawBufferPointer(rebasing: content[0..<trailer.length]), trailer)
        // Whether a line begins behind a gap is not known, so the first one counts as begun.
        return trailer.isGap && (trailer.missing > 0 || trailer.carried > 0) ? LineCounter(unfinished: 1) : line
    }
}
