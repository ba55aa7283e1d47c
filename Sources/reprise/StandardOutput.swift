internal import Glibc
internal import Lifecycle
internal import Synchronization
internal import Text

/// Standard output as results go to it: whole, or an error.
enum StandardOutput {
    /// The width that text is wrapped to: the terminal's, or 80.
    static var width: Int {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return min(120, Int(size.ws_col))
    }

    /// Writes a result, behind what was said on standard error before it: both may be the same terminal.
    static func write(_ text: String) throws {
        StandardError.drain()
        try writeNow(text)
    }

    /// Writes bytes as they are; on a terminal, what they hide is spelled out, see `VisibleBytes`.
    static func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard isTerminal else { return try writeRaw(bytes) }
        // A piece that ends inside a character holds it back for the next one.
        try visible.withLock { $0.take(bytes) }.withUnsafeBytes { try writeRaw($0) }
    }

    /// Writes what a last piece left, where a terminal got the pieces.
    static func finish() throws { try visible.withLock { $0.finish() }.withUnsafeBytes { try writeRaw($0) } }

    private static let isTerminal = isatty(1) == 1
    private static let visible = Mutex(VisibleBytes())

    private static func writeRaw(_ bytes: UnsafeRawBufferPointer) throws {
        if let number = writeWhole(bytes, to: 1) { throw OutputError(number: number) }
    }

    /// Writes what others wait for, an address for example, while the rest of the program goes on.
    ///
    /// Waits up to a second for it, not longer: nobody has to read it. An error is reported and changes nothing.
    static func announce(_ text: String) throws {
        let thread = try WorkerThread(name: "announce") {
            do {
                try writeNow(text)
            } catch {
                StandardError.tell(error)
            }
        }
        thread.join(for: .seconds(1))
    }

    private static func writeNow(_ text: String) throws {
        var text = isTerminal ? text.visibleLines : text
        try text.withUTF8 { try writeRaw(UnsafeRawBufferPointer($0)) }
    }
}

/// Standard output does not take what it is given.
struct OutputError: Error, CustomStringConvertible {
    let number: Int32

    /// The reader has gone, `head` for example: no reason to complain.
    var isClosedPipe: Bool { number == EPIPE }

    var description: String { "writing to standard output: \(String(cString: strerror(number)))" }
}

/// Writes all of the bytes, however long the reader takes; returns the error number where the descriptor takes no more.
func writeWhole(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> CInt? {
    var done = 0
    while done < bytes.count {
        let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if written >= 0 {
            done += written
        } else if errno == EAGAIN {
            // Whoever shares the pipe has made it non-blocking; this waits for its reader as a write would.
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&entry, 1, 1_000)
        } else if errno != EINTR {
            return errno
        }
    }
    return nil
}
