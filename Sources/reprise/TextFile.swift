internal import Glibc
internal import Options

/// Small files that settings name.
enum TextFile {
    /// Nobody writes more by hand.
    private static let byteLimit = 4 << 20

    /// Reads a file.
    ///
    /// - Parameter what: what the file is, for the error: `the rules file`.
    /// - Throws: `ConfigurationError` with the reason, never with anything of the file.
    static func read(_ path: String, _ what: String) throws(ConfigurationError) -> String {
        // A FIFO would hold the command up until somebody writes to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, what) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, what) }
        guard status.st_mode & S_IFMT != S_IFIFO else {
            throw ConfigurationError("\(what) \(path) is a FIFO; name a file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw failure(path, what)
            }
            if count == 0 {
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw ConfigurationError("\(what) \(path) is not UTF-8 text")
                }
                return text
            }
            bytes += chunk[0..<count]
            guard bytes.count <= byteLimit else { throw ConfigurationError("\(what) \(path) is longer than 4 MiB") }
        }
    }

    private static func failure(_ path: String, _ what: String) -> ConfigurationError {
        ConfigurationError("\(what) \(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
