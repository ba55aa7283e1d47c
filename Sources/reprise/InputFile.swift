internal import Glibc
internal import Options

/// Bytes that a command reads from a file or from standard input.
enum InputFile {
    /// Reads all of a file; `-` is standard input.
    ///
    /// - Throws: `ConfigurationError` where the file cannot be read, `UsageError` where it is larger than the limit.
    static func read(_ path: String, byteLimit: Int) throws -> [UInt8] {
        let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor > 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try read(from: descriptor, into: $0, name: path) }
            if count == 0 { return bytes }
            bytes += chunk[0..<count]
            guard bytes.count <= byteLimit else {
                throw ConfigurationError("\(path) is larger than the \(byteLimit) bytes that an event may have")
            }
        }
    }

    /// Reads what there is, waiting for it; 0 at the end.
    static func read(from descriptor: CInt, into space: UnsafeMutableRawBufferPointer, name: String) throws -> Int {
        while true {
            let count = Glibc.read(descriptor, space.baseAddress, space.count)
            if count >= 0 { return count }
            if errno == EAGAIN {
                // Whoever shares the pipe has made it non-blocking; this waits as a read would.
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&entry, 1, 1_000)
            } else if errno != EINTR {
                throw failure(name)
            }
        }
    }

    private static func failure(_ path: String) -> ConfigurationError {
        ConfigurationError(
            "\(path == "-" ? "standard input" : path) cannot be read: \(String(cString: strerror(errno)))"
        )
    }
}
