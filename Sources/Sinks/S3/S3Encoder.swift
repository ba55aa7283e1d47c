internal import Compression

/// What an object is cut into; sizes other than these are for tests alone.
struct S3Sizes {
    /// Bytes of each part of an object but the last: the least that S3 allows.
    var part = 5 << 20
    /// Bytes of lines that a compressor gets at a time.
    var piece = 128 << 10
}

/// Makes lines of documents, and an object's bytes of the lines.
///
/// The bytes depend on the lines alone: the compressor gets them in pieces of one size, whatever batches they came in.
final class S3Encoder {
    /// What is encoded and not taken yet.
    private(set) var bytes: [UInt8] = []
    private let stream: (any CompressionStream)?
    private let sizes: S3Sizes
    private var lines: UnsafeMutableRawBufferPointer
    private var length = 0

    /// - Throws: the library's error where memory runs out.
    init(_ compression: S3Options.Compression, _ sizes: S3Sizes) throws {
        self.sizes = sizes
        lines = .allocate(byteCount: 2 * sizes.piece, alignment: 64)
        stream =
            switch compression {
            // A window of 1 MiB: more would save little, and takes memory for each source.
            case .zstd: try ZstdStream(ZstdSettings(level: 3, windowLog: 20))
            case .gzip: try GzipStream(level: 6)
            case .none: nil
            }
    }

    deinit { lines.deallocate() }

    /// Adds a document as a line.
    func add(_ json: UnsafeRawBufferPointer, version: UInt64) throws {
        makeSpace(for: json.count + Pen.versionSpace)
        var pen = Pen(room: UnsafeMutableRawBufferPointer(rebasing: lines[length...]))
        pen.putLine(json, version: version)
        length += pen.length
        guard length >= sizes.piece else { return }
        var start = 0
        while length - start >= sizes.piece {
            try encode(UnsafeRawBufferPointer(rebasing: lines[start..<start + sizes.piece]))
            start += sizes.piece
        }
        lines.copyMemory(from: UnsafeRawBufferPointer(rebasing: lines[start..<length]))
        length -= start
    }

    /// Ends the object: all of it is encoded then.
    func finish() throws {
        if length > 0 { try encode(UnsafeRawBufferPointer(rebasing: lines[0..<length])) }
        length = 0
        try stream?.finish(into: &bytes)
    }

    /// Takes the first bytes out.
    func take(_ count: Int) -> [UInt8] {
        let rest = Array(bytes.dropFirst(count))
        // Moved, not copied: a part is large.
        var taken = bytes
        bytes = rest
        taken.removeLast(rest.count)
        return taken
    }

    private func encode(_ piece: UnsafeRawBufferPointer) throws {
        // What grows to a part is given a part's space at once: to double is to hold it twice.
        let capacity = sizes.part + 2 * sizes.piece
        if bytes.count > 1 << 20, bytes.capacity < capacity { bytes.reserveCapacity(capacity) }
        guard let stream else { return bytes.append(contentsOf: piece) }
        try stream.add(piece, to: &bytes)
    }

    private func makeSpace(for count: Int) {
        guard length + count > lines.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (length + count), alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: lines[0..<length]))
        lines.deallocate()
        lines = larger
    }
}
