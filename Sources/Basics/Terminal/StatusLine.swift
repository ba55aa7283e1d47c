internal import Synchronization
internal import Text
internal import Time

/// One line at the bottom of a terminal that is drawn again and again; log lines go above it.
///
/// From any thread. Where nobody watches, there is no line: make it only for a terminal.
public final class StatusLine: Sendable {
    private let writer: LogWriter
    private let stopwatch = Stopwatch()
    private let shown = Mutex<Duration?>(nil)

    /// The line changes at most this often.
    public static let interval = Duration.milliseconds(250)

    /// - Parameter writer: draws the line.
    public init(on writer: LogWriter) {
        self.writer = writer
    }

    /// Shows the text, what it hides spelled out, cut to the terminal's width; does nothing where it changed less than `interval` ago.
    public func show(_ text: @autoclosure () -> String) {
        let now = stopwatch.elapsed
        shown.withLock { shown in
            if let last = shown, now - last < StatusLine.interval { return }
            shown = now
            writer.setStatus(text().visible())
        }
    }

    /// Takes the line away, until the next `show`.
    public func clear() {
        shown.withLock { shown in
            shown = nil
            writer.setStatus(nil)
        }
    }
}
