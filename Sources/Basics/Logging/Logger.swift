public import Time

/// A logger with a label, a level and a sink: what a part of the program reports goes through one of these.
///
/// Messages below the level are not even built. Messages are for people, metadata for machines; neither may hold a
/// secret or the text of a post.
public struct Logger: Sendable {
    /// How much a message matters, from the least to the most.
    public enum Level: String, CaseIterable, Comparable, Sendable {
        /// Every step, for a debugger's eyes.
        case trace
        /// What a developer wants to know.
        case debug
        /// What happened in the normal course.
        case info
        /// Normal, but worth a look.
        case notice
        /// Something is wrong, and the program goes on by itself.
        case warning
        /// Something failed that was asked for.
        case error

        private var rank: Int {
            switch self {
            case .trace: 0
            case .debug: 1
            case .info: 2
            case .notice: 3
            case .warning: 4
            case .error: 5
            }
        }

        /// Whether `a` matters less.
        public static func < (a: Level, b: Level) -> Bool {
            a.rank < b.rank
        }
    }

    /// Who speaks, in dotted words: `recorder`, `recorder.stream`.
    public let label: String
    /// The least level that is written.
    public let level: Level
    private let sink: any LogSink
    private let clock: WallClock

    /// Makes a logger that writes messages of at least a level to a sink.
    public init(label: String, level: Level, sink: any LogSink, clock: WallClock = .system) {
        self.label = label
        self.level = level
        self.sink = sink
        self.clock = clock
    }

    /// A logger that writes nothing.
    public static let silent = Logger(label: "silent", level: .error, sink: SilentLogSink())

    /// The same logger under another label.
    public func labelled(_ label: String) -> Logger {
        Logger(label: label, level: level, sink: sink, clock: clock)
    }

    /// Whether a message of that level would be written.
    public func isEnabled(_ level: Level) -> Bool {
        level >= self.level
    }

    /// Writes a message of the given level.
    public func log(
        _ level: Level,
        _ message: @autoclosure () -> String,
        _ metadata: @autoclosure () -> [(String, String)] = []
    ) {
        guard isEnabled(level) else { return }
        sink.write(label: label, level: level, message: message(), metadata: metadata(), at: clock.now)
    }

    /// Writes a message at level trace.
    public func trace(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {
        log(.trace, message(), metadata())
    }

    /// Writes a message at level debug.
    public func debug(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {
        log(.debug, message(), metadata())
    }

    /// Writes a message at level info.
    public func info(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {
        log(.info, message(), metadata())
    }

    /// Writes a message at level notice.
    public func notice(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {
        log(.notice, message(), metadata())
    }

    /// Writes a message at level warning.
    public func warning(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {
        log(.warning, message(), metadata())
    }

    /// Writes a message at level error.
    public func error(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> [(String, String)] = []) {
        log(.error, message(), metadata())
    }
}
