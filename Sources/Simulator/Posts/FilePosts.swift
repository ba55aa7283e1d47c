internal import Glibc

/// The records of a file, one a line, as often as asked; the wire gets CRLF whatever the file has, and no blank lines.
struct FilePosts: PostSource {
    private let file: MappedFile
    private var offset = 0
    private var roundsLeft: Int?

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: a file of JSON lines.
    ///   - rounds: how often it is played, nil for ever.
    /// - Throws: `SimulatorError` where it cannot be read or holds no record.
    init(path: String, rounds: Int?) throws(SimulatorError) {
        file = try MappedFile(path: path)
        roundsLeft = rounds
        guard file.bytes.contains(where: { $0 > 32 }) else {
            throw SimulatorError(code: .badFile, message: "\(path): no post in it; it needs one JSON object a line")
        }
    }

    mutating func appendNext(rules: RuleSet, view: PostView, to buffer: inout [UInt8]) -> Bool {
        while true {
            if offset == file.bytes.count {
                if let left = roundsLeft {
                    guard left > 1 else {
                        roundsLeft = 0
                        return false
                    }
                    roundsLeft = left - 1
                }
                offset = 0
            }
            guard roundsLeft != 0, var line = nextLine() else { return false }
            if line.last == 13 { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
            guard !line.isEmpty else { continue }
            buffer.append(contentsOf: line)
            buffer.append(13)
            buffer.append(10)
            return true
        }
    }

    private mutating func nextLine() -> UnsafeRawBufferPointer? {
        guard let start = file.bytes.baseAddress.map({ $0 + offset }) else { return nil }
        let left = file.bytes.count - offset
        let end = memchr(start, 10, left).map { UnsafeRawPointer($0) - start } ?? left
        offset += min(end + 1, left)
        return UnsafeRawBufferPointer(start: start, count: end)
    }
}

/// A file mapped into memory: mmap(2).
final class MappedFile: @unchecked Sendable {
    // Sendable because the bytes are only ever read.
    let bytes: UnsafeRawBufferPointer

    init(path: String) throws(SimulatorError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .systemCall("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .systemCall("look at", path) }
        let size = Int(status.st_size)
        guard size > 0 else {
            throw SimulatorError(code: .badFile, message: "\(path): empty; it needs one JSON object a line")
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw .systemCall("map", path)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}

extension SimulatorError {
    /// The error of a system call that failed just now.
    static func systemCall(_ what: String, _ path: String) -> SimulatorError {
        SimulatorError(code: .ioFailed, message: "\(path): cannot \(what) it: \(String(cString: strerror(errno)))")
    }
}
