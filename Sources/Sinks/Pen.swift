internal import Encoding

/// Writes bytes one after another into room that was made for all of them.
struct Pen {
    let room: UnsafeMutableRawBufferPointer
    private(set) var length = 0

    /// Digits of the largest version.
    static let longestNumber = 20
    /// What a version adds to a document at most, its LF included: `,"version":18446744073709551615}`.
    static let versionSpace = 40

    init(room: UnsafeMutableRawBufferPointer) { self.room = room }

    mutating func put(_ text: UnsafeRawBufferPointer) {
        precondition(text.count <= room.count - length, "no room was made for this")
        guard let start = room.baseAddress, let source = text.baseAddress else { return }
        (start + length).copyMemory(from: source, byteCount: text.count)
        length += text.count
    }

    mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ value: UInt64) {
        let end = length + Pen.digits(value)
        precondition(end <= room.count, "no room was made for this")
        var rest = value
        for place in stride(from: end - 1, through: length, by: -1) {
            room[place] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        }
        length = end
    }

    /// A document as a line of NDJSON, with its version as the last field; it is an object with a field at least.
    mutating func putLine(_ json: UnsafeRawBufferPointer, version: UInt64) {
        // The closing brace comes behind the version.
        put(UnsafeRawBufferPointer(rebasing: json.dropLast()))
        put(",\"version\":")
        put(version)
        put("}\n")
    }

    /// Base64, padded and without line breaks.
    mutating func putBase64(_ bytes: UnsafeRawBufferPointer) {
        length += Base64.encode(bytes, to: UnsafeMutableRawBufferPointer(rebasing: room[length...]))
    }

    /// The bytes that a version adds to a document, its LF included.
    static func versionLength(_ version: UInt64) -> Int { ",\"version\":".utf8.count + digits(version) + 1 }

    private static func digits(_ value: UInt64) -> Int {
        var (digits, rest) = (1, value / 10)
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }
}
