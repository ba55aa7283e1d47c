internal import Synchronization
internal import Time

/// One line at the bottom of a terminal that is drawn again and again; messages go above it.
///
/// From any thread. Where nobody watches, there is no line: make it only for a terminal.
public final class StatusLine: Sendable {
    private struct State {
        var isShown = false
        var drawn: Duration?
    }

    private let write: @Sendable (String) -> Void
    private let width: @Sendable () -> Int
    private let stopwatch = Stopwatch()
    private let state = Mutex(State())

    /// The line is drawn at most this often.
    public static let interval = Duration.milliseconds(250)
    /// To the line's start, and erase it (ECMA-48: EL).
    static let erase = "\r\u{1b}[K"

    /// Makes a line.
    ///
    /// - Parameters:
    ///   - width: the terminal's width in characters, asked for each time.
    ///   - write: puts text on the terminal, as it is.
    public init(width: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void) {
        self.width = width
        self.write = write
    }

    /// Draws the line, cut to the width; nothing where it was drawn less than `interval` ago.
    public func show(_ text: @autoclosure () -> String) {
        let now = stopwatch.elapsed
        state.withLock { state in
            if let drawn = state.drawn, now - drawn < StatusLine.interval { return }
            state.drawn = now
            state.isShown = true
            write(StatusLine.erase + String(text().prefix(max(1, width() - 1))))
        }
    }

    /// Takes the line away.
    public func clear() { above {} }

    /// Takes the line away and writes something where it was; it comes back with the next `show`.
    public func above(_ body: () -> Void) {
        state.withLock { state in
            if state.isShown { write(StatusLine.erase) }
            state.isShown = false
            state.drawn = nil
            body()
        }
    }
}
