/// Cuts bytes into lines as a source of the journal is cut: each ends with LF, or CRLF.
public enum LineSplitter {
    /// A longer line is not parsed: 4 MiB, as in a journal.
    public static let lineByteLimit = 4 << 20

    /// Calls a function with each line, without its end; the bytes behind the last LF are a line too, unless there are none.
    public static func split(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows
    {
        var start = 0
        while start < bytes.count {
            let end = lineFeed(in: bytes, from: start) ?? bytes.count
            try body(line(bytes, start..<end))
            start = end + 1
        }
    }

    /// The place of the first LF from a place on.
    static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        bytes[start...].firstIndex(of: 10)
    }

    /// The line in a range, without a CR at its end.
    static func line(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        let hasReturn = !range.isEmpty && bytes[range.upperBound - 1] == 13
        return UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound..<range.upperBound - (hasReturn ? 1 : 0)])
    }
}
