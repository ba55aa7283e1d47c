/// Lines of NDJSON on their way into a file, in memory that is kept.
struct LineBuffer: ~Copyable {
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private var length = 0

    /// The longest `,"version":18446744073709551615}` and its LF.
    private static let versionSpace = 64

    deinit { buffer.deallocate() }

    /// What was added.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[0..<length]) }

    /// Whether a document of that many bytes fits behind what is there.
    func hasSpace(for count: Int) -> Bool { length + count + LineBuffer.versionSpace <= buffer.count }

    /// Grows an empty buffer until a document of that many bytes fits.
    mutating func makeSpace(for count: Int) {
        guard !hasSpace(for: count) else { return }
        precondition(length == 0, "lines would be lost")
        buffer.deallocate()
        buffer = .allocate(byteCount: (count + LineBuffer.versionSpace) * 2, alignment: 64)
    }

    /// Adds a document with its version as the last field; there must be space for it.
    mutating func add(_ json: UnsafeRawBufferPointer, version: UInt64) {
        guard json.count > 0 else { return }
        // The closing brace comes behind the version.
        put(UnsafeRawBufferPointer(rebasing: json[0..<json.count - 1]))
        put(",\"version\":")
        put(version)
        put("}\n")
    }

    mutating func removeAll() { length = 0 }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[length..<length + bytes.count]).copyMemory(from: bytes)
        length += bytes.count
    }

    private mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func put(_ value: UInt64) {
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
}
