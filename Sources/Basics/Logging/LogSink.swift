internal import Synchronization
public import Time

/// Where log messages go; called from any thread.
public protocol LogSink: Sendable {
    /// Takes one message; it must not throw, block for long or log.
    func write(label: String, level: Logger.Level, message: String, metadata: [(String, String)], at time: Timestamp)
}

struct SilentLogSink: LogSink {
    func write(label: String, level: Logger.Level, message: String, metadata: [(String, String)], at time: Timestamp) {}
}

/// Keeps what was logged, for tests that look at it.
public final class MemoryLogSink: LogSink {
    /// One message as it was logged.
    public struct Entry: Sendable {
        /// The label of the logger.
        public let label: String
        /// The level of the message.
        public let level: Logger.Level
        /// The message.
        public let message: String
        /// The metadata, in the order given.
        public let metadata: [(String, String)]
        /// When it was logged.
        public let time: Timestamp
    }

    private let state = Mutex<[Entry]>([])

    /// Makes an empty one.
    public init() {}

    /// Everything logged so far, oldest first.
    public var entries: [Entry] { state.withLock { $0 } }

    /// The messages logged so far, oldest first.
    public var messages: [String] { entries.map(\.message) }

    /// Keeps the message.
    public func write(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) {
        let entry = Entry(label: label, level: level, message: message, metadata: metadata, time: time)
        state.withLock { $0.append(entry) }
    }
}
