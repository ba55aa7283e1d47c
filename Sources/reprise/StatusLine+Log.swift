internal import Logging
internal import Terminal
internal import Time

extension StatusLine {
    /// A line at the bottom of standard error.
    static func onStandardError() -> StatusLine {
        StatusLine(width: { StandardError.width }, write: { StandardError.write($0) })
    }

    /// A log of which each message stands on a line of its own above this one.
    func log(over log: any LogSink) -> any LogSink { LogAboveLine(line: self, log: log) }
}

private struct LogAboveLine: LogSink {
    let line: StatusLine
    let log: any LogSink

    func write(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) {
        line.above { log.write(label: label, level: level, message: message, metadata: metadata, at: time) }
    }
}
