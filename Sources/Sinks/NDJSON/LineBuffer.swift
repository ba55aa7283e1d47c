/// Lines of NDJSON on their way into a file, in memory that is kept.
struct LineBuffer: ~Copyable {
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var length = 0

    deinit { buffer.deallocate() }

    /// What was added.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[0..<length]) }

    /// Whether a document of that many bytes fits behind what is there.
    func hasSpace(for count: Int) -> Bool { length + count + Pen.versionSpace <= buffer.count }

    /// Grows an empty buffer until a document of that many bytes fits.
    mutating func makeSpace(for count: Int) {
        guard !hasSpace(for: count) else { return }
        precondition(length == 0, "lines would be lost")
        buffer.deallocate()
        buffer = .allocate(byteCount: (count + Pen.versionSpace) * 2, alignment: 64)
    }

    /// Adds a document with its version as the last field; there must be space for it.
    mutating func add(_ json: UnsafeRawBufferPointer, version: UInt64) {
        guard json.count > 0 else { return }
        var pen = Pen(room: UnsafeMutableRawBufferPointer(rebasing: buffer[length...]))
        pen.putLine(json, version: version)
        length += pen.length
    }

    mutating func removeAll() { length = 0 }
}
