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

extension Pen {
    /// RFC 4648, section 4, without line breaks.
    mutating func putBase64(_ bytes: UnsafeRawBufferPointer) {
        precondition((bytes.count + 2) / 3 * 4 <= room.count - length, "no room was made for this")
        guard let source = bytes.baseAddress, let start = room.baseAddress else { return }
        Base64.pairs.withUnsafeBufferPointer { pairs in
            guard let pairs = pairs.baseAddress else { return }
            var (place, target) = (0, start + length)
            while place + 3 <= bytes.count {
                let a = Int(source.load(fromByteOffset: place, as: UInt8.self))
                let b = Int(source.load(fromByteOffset: place + 1, as: UInt8.self))
                let c = Int(source.load(fromByteOffset: place + 2, as: UInt8.self))
                target.storeBytes(of: pairs[a << 4 | b >> 4], as: UInt16.self)
                target.storeBytes(of: pairs[(b & 15) << 8 | c], toByteOffset: 2, as: UInt16.self)
                place += 3
                target += 4
            }
            guard place < bytes.count else { return length = target - start }
            let a = Int(source.load(fromByteOffset: place, as: UInt8.self))
            let b = place + 1 < bytes.count ? Int(source.load(fromByteOffset: place + 1, as: UInt8.self)) : 0
            target.storeBytes(of: pairs[a << 4 | b >> 4], as: UInt16.self)
            target.storeBytes(of: pairs[(b & 15) << 8], toByteOffset: 2, as: UInt16.self)
            let equals = UInt8(ascii: "=")
            target.storeBytes(of: equals, toByteOffset: 3, as: UInt8.self)
            if place + 1 == bytes.count { target.storeBytes(of: equals, toByteOffset: 2, as: UInt8.self) }
            length = target + 4 - start
        }
    }
}

/// Two letters of base64 for each twelve bits, in the order in which they stand in memory.
private enum Base64 {
    static let pairs: [UInt16] = {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return (0..<4_096).map { bits in
            UInt16(littleEndian: UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8)
        }
    }()
}
