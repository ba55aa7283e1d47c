internal import Glibc
public import Transform

/// Writes each document as a line of JSON whose last field is its version.
public final class NDJSONSink: Sink {
    /// Every sighting is written.
    public let kind = SinkKind.append
    /// The file by device, inode and generation, a pipe by its path, or standard output.
    public let identity: String
    private let descriptor: CInt
    private let ownsDescriptor: Bool
    private var buffer: UnsafeMutableRawBufferPointer
    private var length = 0
    /// Cut only by the first delivery: by then the checkpoint is held and belongs to this file.
    private var pathToCut: String?

    private static let bufferSize = 256 << 10

    /// Writes to an open descriptor, which stays open.
    public init(descriptor: CInt) {
        self.descriptor = descriptor
        ownsDescriptor = false
        identity = "ndjson:-"
        buffer = .allocate(byteCount: NDJSONSink.bufferSize, alignment: 64)
    }

    /// Writes to a file.
    ///
    /// - Parameters:
    ///   - resuming: goes on behind the last whole line; otherwise what the file held is replaced.
    /// - Throws: `SinkError`.
    public init(path: String, resuming: Bool) throws(SinkError) {
        let flags = O_CREAT | O_CLOEXEC | (resuming ? O_RDWR : O_WRONLY | O_TRUNC)
        descriptor = open(path, flags, 0o640)
        guard descriptor >= 0 else {
            throw SinkError(.io, "the file \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        ownsDescriptor = true
        // The file itself, not its name: what was deleted and made anew, or moved away, is another file to a checkpoint.
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else {
            throw SinkError(.io, "the file \(path) cannot be looked at: \(String(cString: strerror(errno)))")
        }
        let isFile = facts.st_mode & S_IFMT == S_IFREG
        identity =
            isFile
            ? "ndjson:\(facts.st_dev)/\(facts.st_ino)/\(NDJSONSink.generation(of: descriptor))" : "ndjson:\(path)"
        buffer = .allocate(byteCount: NDJSONSink.bufferSize, alignment: 64)
        if resuming { pathToCut = path }
    }

    deinit {
        buffer.deallocate()
        if ownsDescriptor { Glibc.close(descriptor) }
    }

    /// Writes the batch's documents, those that only say that a post is gone left out.
    ///
    /// - Throws: `SinkError`: `io`, or `closedPipe` where the reader has gone.
    public func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        if let path = pathToCut {
            try cutUnfinishedLine(path)
            pathToCut = nil
        }
        for document in batch.documents where document.origin != .tombstone {
            let json = batch.bytes(document.json)
            if length + json.count + 64 > buffer.count { try writeOut(room: json.count + 64) }
            guard let target = buffer.baseAddress, let source = json.baseAddress, json.count > 0 else { continue }
            // The closing brace comes behind the version.
            (target + length).copyMemory(from: source, byteCount: json.count - 1)
            length += json.count - 1
            put(",\"version\":")
            put(document.version)
            put("}\n")
        }
        try writeOut(room: 0)
        return DeliveryCounts(accepted: batch.documents.count)
    }

    /// Makes a file's lines durable, fdatasync(2); a pipe or terminal has nothing to sync.
    ///
    /// - Throws: `SinkError` with code `io`.
    public func flush() throws {
        try writeOut(room: 0)
        guard fdatasync(descriptor) != 0, errno != EINVAL, errno != EROFS else { return }
        throw SinkError(.io, "syncing \(identity): \(String(cString: strerror(errno)))")
    }

    /// Flushes.
    public func close() throws { try flush() }

    /// Tells apart files that had the same inode one after the other: ioctl_iflags(2), FS_IOC_GETVERSION; 0 where unknown.
    private static func generation(of descriptor: CInt) -> Int {
        var generation = 0
        return ioctl(descriptor, 0x8008_7601, &generation) == 0 ? generation & 0xFFFF_FFFF : 0
    }

    private func put(_ text: StaticString) {
        buffer.baseAddress?.advanced(by: length).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        length += text.utf8CodeUnitCount
    }

    private func put(_ value: UInt64) {
        var rest = value
        var digits = 1
        var power = value / 10
        while power > 0 {
            digits += 1
            power /= 10
        }
        for place in stride(from: length + digits - 1, through: length, by: -1) {
            buffer[place] = UInt8(48 + rest % 10)
            rest /= 10
        }
        length += digits
    }

    private func writeOut(room: Int) throws(SinkError) {
        var done = 0
        while done < length {
            let written = write(descriptor, buffer.baseAddress.map { $0 + done }, length - done)
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    // A pipe that another program set non-blocking: its reader is slow, not gone. poll(2)
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, 1_000)
                    continue
                }
                length = 0
                throw SinkError(
                    errno == EPIPE ? .closedPipe : .io,
                    "writing \(identity): \(String(cString: strerror(errno)))"
                )
            }
            done += written
        }
        length = 0
        if room > buffer.count {
            buffer.deallocate()
            buffer = .allocate(byteCount: room * 2, alignment: 64)
        }
    }

    /// A kill may have left a part of a line at the end.
    private func cutUnfinishedLine(_ path: String) throws(SinkError) {
        var end = lseek(descriptor, 0, SEEK_END)
        while end > 0 {
            let start = max(0, end - off_t(buffer.count))
            let count = pread(descriptor, buffer.baseAddress, Int(end - start), start)
            guard count == Int(end - start) else { break }
            if let lineFeed = buffer[0..<count].lastIndex(of: 10) {
                end = start + off_t(lineFeed) + 1
                break
            }
            end = start
        }
        guard ftruncate(descriptor, max(0, end)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw SinkError(.io, "cutting an unfinished line off \(path): \(String(cString: strerror(errno)))")
        }
    }
}
