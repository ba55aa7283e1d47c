internal import Glibc
internal import Lifecycle
internal import Logging
internal import Synchronization
internal import Terminal
internal import Text
internal import Time

/// Standard error, for everything that is no result; what cannot be written there is lost.
///
/// A command that logs or shows a status line hands everything to a thread, see `LogWriter`, so that no other thread ever
/// waits for whoever reads standard error: a stopped terminal or a full pipe. Before that, texts are written at once.
enum StandardError {
    private struct Queue {
        var writer: LogWriter?
        var format = LogFormat.text
    }

    private static let queue = Mutex(Queue())

    /// Whether someone watches at a terminal that can redraw a line.
    static func isTerminal(_ environment: [String: String]) -> Bool { isatty(2) == 1 && environment["TERM"] != "dumb" }

    /// The thread that writes, started at the first call.
    ///
    /// - Parameter format: how the line about dropped lines looks from now on.
    static func startWriter(_ format: LogFormat? = nil) throws -> LogWriter {
        try queue.withLock { queue in
            if let format { queue.format = format }
            if let writer = queue.writer { return writer }
            let writer = try LogWriter(
                width: { width },
                droppedLine: droppedLine,
                // The descriptor is shared with other programs, so it stays blocking; only this thread waits.
                write: { _ = writeWhole($0, to: 2) }
            )
            queue.writer = writer
            return writer
        }
    }

    /// Writes lines; what the words of servers and files in them hide is spelled out, so that none of it reaches the terminal.
    static func write(_ text: String) {
        var text = text.visibleLines
        if let writer = queue.withLock({ $0.writer }) { return writer.put(text) }
        text.withUTF8 { _ = writeWhole(UnsafeRawBufferPointer($0), to: 2) }
    }

    /// Waits until everything is written, but hardly longer than a second for a reader that takes nothing.
    static func drain() { queue.withLock { $0.writer }?.drain() }

    /// The same at the end of the process: what is said later is lost.
    static func close() { queue.withLock { $0.writer }?.close() }

    /// Writes what went wrong as lines.
    static func tell(_ error: any Error) { tell("\(error)") }

    /// Writes what somebody should know as lines.
    static func tell(_ message: String) { write("reprise: \(message)\n") }

    /// The terminal's width, or 80.
    private static var width: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    private static func droppedLine(_ count: Int) -> String {
        queue.withLock { $0.format }.line(
            label: "log",
            level: .warning,
            message: "\(count) log lines were dropped because standard error was not read",
            metadata: [("dropped_lines", "\(count)")],
            at: WallClock.system.now
        )
    }
}

extension StatusLine {
    /// A line at the bottom of standard error; nil where no thread can be started to draw it.
    static func onStandardError() -> StatusLine? { (try? StandardError.startWriter()).map(StatusLine.init) }
}
