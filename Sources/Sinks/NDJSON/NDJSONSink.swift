internal import Files
internal import Glibc
public import Lifecycle
public import Transform

/// Writes each document as a line of JSON whose last field is its version, behind what the output holds.
///
/// A file is opened with O_APPEND: whoever truncates it leaves no hole, and `checkOutput` notices truncation and renaming.
/// Pipes and devices are written to without blocking, so that a reader that is slow or missing holds up no shutdown.
public final class NDJSONSink: FileSink {
    /// Every sighting is written.
    public let kind = SinkKind.append
    /// The file by device, inode and generation, a pipe or device by its path, or standard output.
    public var identity: String { output.identity }
    /// Bytes of the file that are whole lines of ours; nil for pipes and devices.
    public var length: Int? { output.length }
    private var output: NDJSONOutput
    private let place: (disk: any Disk, path: String)?
    private var lines = LineBuffer()
    private var isPrepared: Bool
    private var isClosed = false
    private var shutdown: ShutdownSignal?
    private let skipsDeletions: Bool

    /// A stop waits this long for the reader of a pipe to take the rest of a batch.
    private static let grace = Duration.seconds(1)

    /// Writes to standard output or another open descriptor, which stays open.
    ///
    /// - Parameter skipsDeletions: leaves out, and counts as skipped, the documents that only say that a post is gone.
    public init(descriptor: CInt, skipsDeletions: Bool = false) {
        self.skipsDeletions = skipsDeletions
        output = NDJSONOutput(descriptor: descriptor)
        place = nil
        isPrepared = true
    }

    /// Writes to a file, FIFO or device.
    ///
    /// - Parameters:
    ///   - resuming: keeps what a file holds; otherwise it is replaced.
    ///   - skipsDeletions: leaves out, and counts as skipped, the documents that only say that a post is gone.
    /// - Throws: `SinkError`: `unavailable` for a FIFO without a reader, `io`.
    public convenience init(path: String, resuming: Bool, skipsDeletions: Bool = false) throws(SinkError) {
        try self.init(path: path, resuming: resuming, skipsDeletions: skipsDeletions, disk: SystemDisk())
    }

    init(path: String, resuming: Bool, skipsDeletions: Bool = false, disk: any Disk) throws(SinkError) {
        self.skipsDeletions = skipsDeletions
        output = try NDJSONOutput(disk, path, truncating: !resuming)
        place = (disk, path)
        isPrepared = !resuming
    }

    /// Lets a shutdown end the wait for the reader of a pipe.
    public func endWaits(on shutdown: ShutdownSignal) { self.shutdown = shutdown }

    /// Cuts a file back to a length, or where that is not known behind its last whole line.
    ///
    /// - Returns: what the file has lost, where it is shorter than that.
    /// - Throws: `SinkError` with code `io`.
    public func resume(at length: Int?) throws -> OutputChange? {
        isPrepared = true
        return try output.resume(at: length)
    }

    /// Looks whether another program has truncated, renamed or deleted the file: then what was written is made durable, and the next
    /// line goes into the file that the path leads to now.
    ///
    /// - Throws: `SinkError`.
    public func checkOutput() throws -> OutputChange? {
        guard let place, isPrepared else { return nil }
        if try output.isReplaced(at: place.path, on: place.disk) {
            try output.flush()
            output = try NDJSONOutput(place.disk, place.path, truncating: false)
            _ = try output.resume(at: nil)
            return .replaced
        }
        return try output.noteTruncation()
    }

    /// Writes the batch's documents; those that only say that a post is gone too, unless they are to be skipped.
    ///
    /// - Throws: `SinkError`: `io`, `closedPipe` where the reader has gone, `unavailable` where the shutdown ended the wait for one.
    public func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        if !isPrepared { _ = try resume(at: nil) }
        var skipped = 0
        for document in batch.documents {
            if skipsDeletions, document.origin == .tombstone {
                skipped += 1
                continue
            }
            let json = batch.bytes(document.json)
            if !lines.hasSpace(for: json.count) {
                try writeOut()
                lines.makeSpace(for: json.count)
            }
            lines.add(json, version: document.version)
        }
        try writeOut()
        output.batchIsWhole()
        return DeliveryCounts(accepted: batch.documents.count - skipped, skipped: skipped)
    }

    /// Makes a file's lines durable, fdatasync(2), and its name too where it is new; pipes and devices have nothing to sync.
    ///
    /// - Throws: `SinkError` with code `io`; nothing may be taken for durable then, and later calls fail with the same error.
    public func flush() throws { try output.flush() }

    /// Flushes, and lets go of the file or pipe.
    public func close() throws {
        guard !isClosed else { return }
        isClosed = true
        defer { output.close() }
        try flush()
    }

    private func writeOut() throws(SinkError) {
        defer { lines.removeAll() }
        try output.write(lines.bytes) { [shutdown] in shutdown?.isRequested(for: NDJSONSink.grace) ?? false }
    }
}
