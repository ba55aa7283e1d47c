internal import Failures
internal import Files
internal import Glibc
internal import Text

/// What an NDJSON sink writes to: one open file, pipe or device, with the length that a file should have.
struct NDJSONOutput {
    let identity: String
    /// Bytes that the file holds as far as we know; nil for pipes and devices.
    private(set) var length: Int?
    /// Nil once it is closed.
    private var handle: FileHandle?
    /// The folder whose names are synced with the first flush: whoever created the file may have been killed before that.
    private var unsyncedName: (disk: any Disk, folder: String)?
    /// The file's length behind the last whole batch.
    private var wholeLength = 0

    /// Opens a path.
    init(_ disk: any Disk, _ path: String, truncating: Bool) throws(SinkError) {
        let kind = (try? disk.status(of: path))?.kind
        let isStream = kind == .pipe || kind == .device
        let flags = isStream ? O_WRONLY : O_RDWR | O_CREAT | (truncating ? O_TRUNC : 0)
        let opened: FileHandle
        do {
            opened = try FileHandle(disk, path, flags | O_APPEND, expecting: .output)
        } catch {
            guard error.errorNumber != ENXIO else {
                throw SinkError(
                    .unavailable,
                    "nobody reads the FIFO \(path); start its reader",
                    cause: .network
                )
            }
            throw SinkError(file: error)
        }
        let status = try SinkError.fromFile { () throws(FileError) in try opened.status() }
        handle = opened
        guard status.kind != .folder, status.kind != .other else {
            throw SinkError(.io, "\(path) is neither a file nor a pipe or device", cause: .foreignTarget)
        }
        let isFile = status.kind == .regular
        // The file itself, not its name: what was deleted and made again, or moved away, is another file to a checkpoint.
        identity = isFile ? "ndjson:\(status.identity)" : "ndjson:\(path)"
        length = isFile ? status.size : nil
        wholeLength = status.size
        if isFile { unsyncedName = (disk, disk.parentFolder(of: path)) }
    }

    private static let standardOutput = "ndjson:-"
    /// Spells out what posts hide where the output is a terminal; the JSON stays the same JSON.
    ///
    /// Nil for everything else.
    private var visible: VisibleBytes?

    /// Writes to an open descriptor, which stays open.
    init(descriptor: CInt) {
        handle = FileHandle(SystemDisk().output(descriptor: descriptor), name: "standard output")
        identity = NDJSONOutput.standardOutput
        length = nil
        if isatty(descriptor) == 1 { visible = VisibleBytes() }
    }

    /// Lets go of the file; the reader of a pipe of our own then sees its end.
    mutating func close() { handle = nil }

    private var file: FileHandle {
        get throws(SinkError) {
            guard let handle else { throw SinkError(.io, "\(identity) was closed already") }
            return handle
        }
    }

    /// Writes bytes behind what is there.
    mutating func write(_ bytes: UnsafeRawBufferPointer, isStopped: () -> Bool) throws(SinkError) {
        guard let shown = visible?.take(bytes) else { return try writeAsIs(bytes, isStopped) }
        try shown.withUnsafeBytes { bytes in
            Result { () throws(SinkError) in try writeAsIs(bytes, isStopped) }
        }.get()
    }

    private mutating func writeAsIs(_ bytes: UnsafeRawBufferPointer, _ isStopped: () -> Bool) throws(SinkError) {
        guard !bytes.isEmpty else { return }
        let file = try file
        do {
            let written = try file.append(bytes, isStopped: isStopped)
            length = length.map { $0 + written }
            guard written == bytes.count else {
                throw SinkError(.stopped, "stopped while the reader of \(file.path) took nothing")
            }
        } catch let error as FileError {
            // What was written of the batch is cut off again, so that the file stays a row of whole lines.
            // Never made longer: another program may have cut it meanwhile, and what it lacks would become zeros.
            if length != nil, let size = try? file.size(), size > wholeLength { try? file.truncate(to: wholeLength) }
            guard error.errorNumber == EPIPE, identity != NDJSONOutput.standardOutput else {
                throw SinkError(file: error)
            }
            // Only whoever reads our own output may have had enough without a word.
            throw SinkError(.io, "the reader of \(file.path) has gone; start it again, and then this command")
        } catch let error as SinkError {
            throw error
        } catch {
            throw SinkError(.io, "writing \(file.path): \(error)")
        }
    }

    /// The batch has been written in full.
    mutating func batchIsWhole() { wholeLength = length ?? 0 }

    /// Makes what was written durable.
    mutating func flush() throws(SinkError) {
        guard length != nil else { return }
        let file = try file
        try SinkError.fromFile { () throws(FileError) in try file.syncData() }
        guard let name = unsyncedName else { return }
        try SinkError.fromFile { () throws(FileError) in try name.disk.syncFolder(name.folder) }
        unsyncedName = nil
    }

    /// Cuts the file back to a length, or behind its last line.
    mutating func resume(at wanted: Int?) throws(SinkError) -> OutputChange? {
        guard let size = length else { return nil }
        let file = try file
        let end = try SinkError.fromFile { () throws(FileError) in
            if let wanted { return wanted }
            return try NDJSONOutput.lastLineEnd(of: file, size)
        }
        if size > end { try SinkError.fromFile { () throws(FileError) in try file.truncate(to: end) } }
        length = min(size, end)
        wholeLength = min(size, end)
        return size < end ? .truncated : nil
    }

    /// Whether a path leads to another file by now, or to none.
    func isReplaced(at path: String, on disk: any Disk) throws(SinkError) -> Bool {
        guard length != nil else { return false }
        let file = try file
        do {
            return try disk.status(of: path).inode != file.status().inode
        } catch let error as Errno {
            guard error.number == ENOENT else { throw SinkError(.io, "looking at \(path): error \(error.number)") }
            return true
        } catch {
            throw SinkError(.io, "looking at \(path): \(error)")
        }
    }

    /// Takes over the length that another program has given the file.
    mutating func noteTruncation() throws(SinkError) -> OutputChange? {
        guard let length else { return nil }
        let file = try file
        let size = try SinkError.fromFile { () throws(FileError) in try file.size() }
        guard size != length else { return nil }
        self.length = size
        wholeLength = size
        return size < length ? .truncated : nil
    }

    /// Where the last whole line ends: a kill may have left a part of one.
    private static func lastLineEnd(of file: FileHandle, _ size: Int) throws(FileError) -> Int {
        var end = size
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while end > 0 {
            let start = max(0, end - buffer.count)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<end - start])
            let count = try file.read(into: piece, at: start)
            if let lineFeed = piece[0..<count].lastIndex(of: 10) { return start + lineFeed + 1 }
            end = start
        }
        return 0
    }
}

extension SinkError {
    /// What a file refused.
    init(file error: FileError) {
        let code: Code = error.errorNumber == EPIPE ? .closedPipe : .io
        self.init(code, error.message, cause: error.failureCause)
    }

    static func fromFile<Result>(_ body: () throws(FileError) -> Result) throws(SinkError) -> Result {
        do throws(FileError) { return try body() } catch { throw SinkError(file: error) }
    }
}
