internal import Glibc

/// A file that gets the exact bytes of one connection's stream.
final class SentLog: Sendable {
    private let descriptor: CInt

    /// Makes `connection-N.bytes` in a folder, which it makes too where missing.
    init(folder: String, connection: Int) throws(SimulatorError) {
        mkdir(folder, 0o755)
        let path = "\(folder)/connection-\(connection).bytes"
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .systemCall("make", path) }
    }

    deinit {
        close(descriptor)
    }

    /// Appends bytes; false where the disk does not take them.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                guard errno == EINTR else { return false }
                continue
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return true
    }
}
