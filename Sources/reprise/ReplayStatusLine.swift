internal import Glibc
internal import Logging
internal import Options
internal import Replayer
internal import Synchronization
internal import Terminal
internal import Time

/// The line that `replay` keeps on a terminal: how far it is, how fast, and how long it will take.
///
/// Log messages go through it, so that each stands on a line of its own above.
final class ReplayStatusLine: LogSink {
    private let log: any LogSink
    private let line = StatusLine(width: { StandardError.width }, write: { StandardError.write($0) })
    private let stopwatch = Stopwatch()
    private let progress = Mutex<Progress?>(nil)

    /// A line where somebody watches standard error, and the documents do not go to the same terminal.
    static func ifWatched(_ invocation: Invocation, sink: String) -> ReplayStatusLine? {
        guard StandardError.isTerminal(invocation.environment), sink != "ndjson:-" || isatty(1) == 0 else {
            return nil
        }
        return ReplayStatusLine(over: StderrLogSink(format: invocation.string("log-format") == "json" ? .json : .text))
    }

    private init(over log: any LogSink) { self.log = log }

    func write(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) {
        line.above { log.write(label: label, level: level, message: message, metadata: metadata, at: time) }
    }

    func show(_ state: ReplayProgress) {
        let text = progress.withLock { progress in
            var current = progress ?? Progress(total: state.bytesTotal)
            current.add(done: state.bytesDone, at: stopwatch.elapsed)
            progress = current
            return current.text
        }
        line.show("replaying: \(text), \(state.books.documents) documents")
    }

    func clear() { line.clear() }
}
