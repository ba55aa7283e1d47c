internal import Glibc
internal import Synchronization
public import Time

/// Writes each message as a line to standard error, whole lines at a time.
///
/// A line that cannot be written is lost without a word: a logger must not take the program down.
public final class StderrLogSink: LogSink {
    private let format: LogFormat
    private let descriptor: CInt
    private let lock = Mutex(())

    /// Makes a sink for a descriptor, standard error unless told otherwise; it is not closed at the end.
    public init(format: LogFormat = .text, descriptor: CInt = 2) {
        self.format = format
        self.descriptor = descriptor
    }

    /// Writes one line.
    public func write(
        label: String,
        level: Logger.Level,
        message: String,
        metadata: [(String, String)],
        at time: Timestamp
    ) {
        var line = format.line(label: label, level: level, message: message, metadata: metadata, at: time)
        line.withUTF8 { bytes in
            lock.withLock { _ in
                var rest = UnsafeRawBufferPointer(bytes)[...]
                while !rest.isEmpty {
                    let written = Glibc.write(
                        descriptor,
                        UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                        rest.count
                    )
                    if written > 0 {
                        rest = rest.dropFirst(written)
                    } else if errno != EINTR {
                        return
                    }
                }
            }
        }
    }
}
