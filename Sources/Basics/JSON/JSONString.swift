/// JSON strings between their raw form and Swift's.
public enum JSONString {
    /// Decodes the content of a JSON string: the bytes between its quotes.
    ///
    /// Escapes are resolved; half a surrogate pair, a broken escape and bytes that are not UTF-8 become U+FFFD. It never
    /// fails, because the bytes were accepted as JSON before.
    public static func decode(_ raw: UnsafeRawBufferPointer) -> String {
        guard raw.contains(92) else { return String(decoding: raw, as: UTF8.self) }
        var out: [UInt8] = []
        out.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            guard byte == 92 else {
                out.append(byte)
                index += 1
                continue
            }
            guard index + 1 < raw.count else {
                append(0xFFFD, to: &out)
                break
            }
            index += 2
            switch raw[index - 1] {
            case 110: out.append(10)
            case 116: out.append(9)
            case 114: out.append(13)
            case 98: out.append(8)
            case 102: out.append(12)
            case 117: append(scalar(raw, &index), to: &out)
            case let other: out.append(other)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Writes a string as JSON, quotes included, to the end of a buffer; only what JSON demands is escaped.
    public static func encode(_ text: String, into out: inout [UInt8]) {
        out.append(34)
        for byte in text.utf8 {
            switch byte {
            case 34, 92: out.append(contentsOf: [92, byte])
            case 10: out.append(contentsOf: [92, 110])
            case 13: out.append(contentsOf: [92, 114])
            case 9: out.append(contentsOf: [92, 116])
            case 0..<32: out.append(contentsOf: [92, 117, 48, 48, hexDigit(byte >> 4), hexDigit(byte & 15)])
            default: out.append(byte)
            }
        }
        out.append(34)
    }

    /// The scalar of `\uXXXX`, or of two that make a pair; `index` stands behind the `u` and moves on.
    private static func scalar(_ raw: UnsafeRawBufferPointer, _ index: inout Int) -> UInt32 {
        guard let first = fourHexDigits(raw, index) else { return 0xFFFD }
        index += 4
        guard (0xD800..<0xE000).contains(first) else { return first }
        guard first < 0xDC00, index + 1 < raw.count, raw[index] == 92, raw[index + 1] == 117,
            let second = fourHexDigits(raw, index + 2), (0xDC00..<0xE000).contains(second)
        else { return 0xFFFD }
        index += 6
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func fourHexDigits(_ raw: UnsafeRawBufferPointer, _ start: Int) -> UInt32? {
        guard start + 4 <= raw.count else { return nil }
        var value: UInt32 = 0
        for byte in raw[start..<start + 4] {
            switch byte {
            case 48...57: value = value << 4 | UInt32(byte - 48)
            case 65...70: value = value << 4 | UInt32(byte - 55)
            case 97...102: value = value << 4 | UInt32(byte - 87)
            default: return nil
            }
        }
        return value
    }

    private static func append(_ scalar: UInt32, to out: inout [UInt8]) {
        out.append(contentsOf: Array(String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 48 + value : 87 + value
    }
}
