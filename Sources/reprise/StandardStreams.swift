internal import Glibc

/// Standard output as results go to it: whole, or an error.
enum StandardOutput {
    /// The width that text is wrapped to: the terminal's, or 80.
    static var width: Int {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return min(120, Int(size.ws_col))
    }

    static func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let written = Glibc.write(1, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if written >= 0 {
                done += written
            } else if errno == EAGAIN {
                // Whoever shares the pipe has made it non-blocking; this waits for its reader as a write would.
                var entry = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, 1_000)
            } else if errno != EINTR {
                throw OutputError(number: errno)
            }
        }
    }
}

/// Standard error, for everything that is no result; what cannot be written there can be told nowhere.
enum StandardError {
    /// Whether someone watches at a terminal that can redraw a line.
    static func isTerminal(_ environment: [String: String]) -> Bool { isatty(2) == 1 && environment["TERM"] != "dumb" }

    /// The terminal's width, or 80.
    static var width: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// Writes what went wrong as lines.
    static func tell(_ error: any Error) { tell("\(error)") }

    /// Writes what somebody should know as lines.
    ///
    /// The words of servers and files are in it, so control characters are spelled out: none reaches the terminal.
    static func tell(_ message: String) {
        var text = "reprise: "
        for scalar in message.unicodeScalars {
            if scalar != "\n" && scalar.properties.generalCategory == .control {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        write(text + "\n")
    }
}

/// Standard output does not take what it is given.
struct OutputError: Error, CustomStringConvertible {
    let number: Int32

    /// The reader has gone, `head` for example: no reason to complain.
    var isClosedPipe: Bool { number == EPIPE }

    var description: String { "writing to standard output: \(String(cString: strerror(number)))" }
}
