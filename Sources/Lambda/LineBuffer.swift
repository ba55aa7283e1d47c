internal import JSON

/// Lines that arrive in pieces, cut where nobody knows: what a pipe delivers.
///
/// It holds the line that is not complete yet, and of one that is longer than `LineSplitter.lineByteLimit` nothing. One thread.
public final class LineBuffer {
    /// A line.
    public enum Line {
        /// Its bytes without its end; `DefaultTransform.padding` bytes behind it are readable.
        case whole(UnsafeRawBufferPointer)
        /// It was longer than a line may be, and is left out.
        case tooLong
    }

    /// Complete lines, then the beginning of the next one, then space.
    private var bytes: [UInt8]
    private var count = 0
    private var isTooLong = false
    private let lineByteLimit: Int
    private let padding: Int

    /// Makes an empty buffer.
    public init(lineByteLimit: Int = LineSplitter.lineByteLimit, padding: Int) {
        self.lineByteLimit = lineByteLimit
        self.padding = padding
        bytes = [UInt8](repeating: 0, count: (256 << 10) + padding)
    }

    /// Takes a piece that a function writes into free space, and hands over the lines that it completes.
    ///
    /// - Parameters:
    ///   - read: writes to a buffer, and returns how many bytes; 0 ends the input, and the last line needs no LF.
    ///   - body: gets each line while it runs.
    /// - Returns: false at the end of the input.
    public func take(
        _ read: (UnsafeMutableRawBufferPointer) throws -> Int,
        _ body: (Line) throws -> Void
    ) throws -> Bool {
        makeSpace()
        let (limit, before) = (bytes.count - padding, count)
        let added = try bytes.withUnsafeMutableBytes { buffer in
            try read(UnsafeMutableRawBufferPointer(rebasing: buffer[before..<limit]))
        }
        precondition((0...limit - before).contains(added), "more was read than there was space for")
        count += added
        let length = count
        let done = try bytes.withUnsafeBytes { buffer in
            try handOver(UnsafeRawBufferPointer(rebasing: buffer[0..<length]), from: before, isEnd: added == 0, body)
        }
        keep(from: done)
        return added > 0
    }

    // MARK: - Internal

    /// Hands over what is complete, and returns where the rest begins.
    private func handOver(
        _ bytes: UnsafeRawBufferPointer,
        from searched: Int,
        isEnd: Bool,
        _ body: (Line) throws -> Void
    ) throws -> Int {
        var (start, from) = (0, searched)
        while let end = LineSplitter.lineFeed(in: bytes, from: from) {
            try handOver(LineSplitter.line(bytes, start..<end), body)
            start = end + 1
            from = start
        }
        guard isEnd, start < bytes.count || isTooLong else { return start }
        try handOver(LineSplitter.line(bytes, start..<bytes.count), body)
        return bytes.count
    }

    private func handOver(_ line: UnsafeRawBufferPointer, _ body: (Line) throws -> Void) throws {
        defer { isTooLong = false }
        try body(isTooLong || line.count > lineByteLimit ? .tooLong : .whole(line))
    }

    /// Moves the beginning of the next line to the front; of one that is too long it is forgotten.
    private func keep(from start: Int) {
        let rest = count - start
        bytes.withUnsafeMutableBytes { buffer in
            guard start > 0, rest > 0, let base = buffer.baseAddress else { return }
            base.copyMemory(from: base + start, byteCount: rest)
        }
        count = rest
        // A CR that may belong to its end does not make it too long.
        guard isTooLong || count > lineByteLimit + 1 else { return }
        isTooLong = true
        count = 0
    }

    private func makeSpace() {
        guard bytes.count - padding - count < 64 << 10 else { return }
        bytes.append(contentsOf: repeatElement(0, count: bytes.count))
    }
}

// Its bytes have one owner and no lock.
@available(*, unavailable)
extension LineBuffer: Sendable {}
