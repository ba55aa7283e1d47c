public import Time

/// Makes a line of each message and hands it on; where the line goes is the receiver's concern.
public struct LineLogSink: LogSink {
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes a line with its LF, on the thread that logs; it must not block, throw or log.
    public init(format: LogFormat = .text, write: @escaping @Sendable (String) -> Void) {
        self.format = format
        self.write = write
    }

    /// Hands on one line.
    public func write(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) {
        write(format.line(label: label, level: level, message: message, metadata: metadata, at: time))
    }
}
