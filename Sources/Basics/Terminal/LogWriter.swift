public import Lifecycle
internal import Time

/// Writes lines, and one status line below them, from a thread of its own: callers never wait for whoever reads.
///
/// Lines wait in a bounded queue. While the queue is full, lines are dropped and counted, and a line says how many as soon as
/// the reader takes more. Of the status line only the newest text is kept; lines and status line never mix.
/// Functions may be called from any thread. They take a lock for the time of a copy, and never during a write.
public final class LogWriter: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var droppedLineCount = 0
        var status: String?
        var isStatusNew = false
        var isWriting = false
        var isClosed = false
        /// Counts finished writes, so that a drain can tell a slow reader from none.
        var writeCount = 0
        /// How many writes had finished when a drain last gave up.
        var givenUpAt: Int?

        var isDrained: Bool { lines.isEmpty && droppedLineCount == 0 && !isStatusNew && !isWriting }
    }

    /// What is written next.
    private struct Work {
        var droppedLineCount: Int
        var status: String?
    }

    /// How many bytes of lines wait at most, 256 KiB unless told otherwise.
    ///
    /// As many may be in the hands of the thread.
    public let capacity: Int
    private let width: @Sendable () -> Int
    private let droppedLine: @Sendable (Int) -> String
    private let write: @Sendable (UnsafeRawBufferPointer) -> Void
    private let state: Monitor<State>

    /// To the line's start, and erase it (ECMA-48: EL).
    static let erase = "\r\u{1b}[K"
    /// Lines are written together up to this size: a pipe takes so much whole even if others write to it too (PIPE_BUF).
    private static let pieceByteCount = 4_096
    /// For the status line and the line about dropped ones, which stand in the same buffer.
    private static let spareByteCount = 4_096

    /// Starts the thread; it runs until `close`.
    ///
    /// - Parameters:
    ///   - width: the width of the status line's terminal in characters, requested before each drawing.
    ///   - droppedLine: the line, with its LF, that says how many lines were dropped.
    ///   - write: writes all of the bytes, and may block; it is called on the thread alone, as are the other two.
    /// - Throws: `LifecycleError` with code `.threadFailed`.
    public init(
        capacity: Int = 256 << 10,
        width: @escaping @Sendable () -> Int,
        droppedLine: @escaping @Sendable (Int) -> String,
        write: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws(LifecycleError) {
        self.capacity = capacity
        self.width = width
        self.droppedLine = droppedLine
        self.write = write
        var state = State()
        // All of it now, so that logging allocates nothing here; the kernel gives memory as it is touched.
        state.lines.reserveCapacity(capacity + Self.spareByteCount)
        self.state = Monitor(state)
        _ = try WorkerThread(name: "log", stackByteCount: 256 << 10) { [self] in run() }
    }

    /// Queues a text of one or more whole lines; drops it, and counts one line, where it does not fit.
    public func put(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            state.withLock { state in
                guard !state.isClosed else { return }
                // Once a line is lost all that follow are, up to the line that says so: that one stands where they would.
                if state.droppedLineCount > 0 || state.lines.count + bytes.count > capacity {
                    state.droppedLineCount += 1
                } else {
                    state.lines.append(contentsOf: bytes)
                }
            }
        }
        state.signal()
    }

    /// Replaces the status line; nil takes it away.
    public func setStatus(_ text: String?) {
        state.withLock { state in
            guard !state.isClosed, state.status != text else { return }
            state.status = text
            state.isStatusNew = true
        }
        state.signal()
    }

    /// Waits until everything is written, and returns whether it is.
    ///
    /// Gives up when nothing was written for the duration `idle`, and in any case after three times as long; and at once where
    /// an earlier call gave up and nothing was written since.
    @discardableResult
    public func drain(idle: Duration = .seconds(1)) -> Bool {
        let clock = MonotonicClock.system
        let end = Deadline(after: idle * 3, on: clock)
        var deadline = Deadline(after: idle, on: clock).orEarlier(end)
        var seen: Int?
        return state.untilReady(longestWait: deadline.left(at: clock.now)) { state in
            if state.isDrained { return true }
            if state.givenUpAt == state.writeCount { return false }
            if let seen, seen != state.writeCount { deadline = Deadline(after: idle, on: clock).orEarlier(end) }
            seen = state.writeCount
            guard deadline.isReached(at: clock.now) else { return nil }
            state.givenUpAt = state.writeCount
            return false
        }
    }

    /// Takes the status line away, drains, and ends the thread; what is put later is lost.
    ///
    /// - Returns: whether everything was written.
    @discardableResult
    public func close(idle: Duration = .seconds(1)) -> Bool {
        setStatus(nil)
        let isDrained = drain(idle: idle)
        state.withLock { $0.isClosed = true }
        state.signal()
        return isDrained
    }

    private func run() {
        var text: [UInt8] = []
        text.reserveCapacity(capacity + Self.spareByteCount)
        var isShown = false
        while let work = next(&text) {
            if work.droppedLineCount > 0 { text += droppedLine(work.droppedLineCount).utf8 }
            if isShown && (!text.isEmpty || work.status == nil) {
                text.insert(contentsOf: Self.erase.utf8, at: 0)
                isShown = false
            }
            if let status = work.status {
                text += (Self.erase + status.prefix(max(1, width() - 1))).utf8
                isShown = true
            }
            writeInPieces(text)
            text.removeAll(keepingCapacity: true)
            state.withLock { $0.isWriting = false }
            state.signal()
        }
    }

    /// Waits for something to write and takes the lines; nil after `close`.
    private func next(_ text: inout [UInt8]) -> Work? {
        let work: Work?? = state.untilReady(longestWait: .seconds(3_600)) { state in
            if state.isDrained { return state.isClosed ? .some(nil) : nil }
            swap(&text, &state.lines)
            let work = Work(droppedLineCount: state.droppedLineCount, status: state.status)
            state.droppedLineCount = 0
            state.isStatusNew = false
            state.isWriting = true
            return work
        }
        return work ?? nil
    }

    private func writeInPieces(_ text: [UInt8]) {
        text.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Self.pieceByteCount)
                let lineEnd = UInt8(ascii: "\n")
                let end =
                    piece.endIndex == rest.endIndex
                    ? rest.endIndex
                    : (piece.lastIndex(of: lineEnd) ?? rest.firstIndex(of: lineEnd)).map { $0 + 1 } ?? rest.endIndex
                write(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                rest = rest[end...]
                state.withLock { $0.writeCount += 1 }
                state.signal()
            }
        }
    }
}
