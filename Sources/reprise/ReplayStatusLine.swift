internal import Glibc
internal import Options
internal import Replayer
internal import Synchronization
internal import Terminal
internal import Time

/// The line that `replay` keeps on a terminal: how far it is, how fast, and how long it will take.
final class ReplayStatusLine: Sendable {
    private let line = StatusLine(width: { StandardError.width }, write: { StandardError.write($0) })
    private let stopwatch = Stopwatch()
    private let progress = Mutex<Progress?>(nil)

    /// A line where somebody watches standard error, and the documents do not go to the same terminal.
    static func ifWatched(_ invocation: Invocation, sink identity: String) -> ReplayStatusLine? {
        guard StandardError.isTerminal(invocation.environment), identity != "ndjson:-" || isatty(1) == 0 else {
            return nil
        }
        return ReplayStatusLine()
    }

    func show(_ state: ReplayProgress) {
        let text = progress.withLock { progress in
            var current = progress ?? Progress(total: state.bytesTotal)
            current.add(done: state.bytesDone, at: stopwatch.elapsed)
            progress = current
            return current.text
        }
        let trouble = state.trouble.map { "; waiting: \($0)" } ?? ""
        line.show("replaying: \(text), \(state.books.documents) documents\(trouble)")
    }

    func clear() { line.clear() }
}
