/// JSON while it is written: bytes that grow.
struct JSONText {
    var bytes: [UInt8] = []

    /// Appends text as it stands.
    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a string in quotes.
    mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(utf8: $0) }
    }

    /// Appends UTF-8 in quotes; control characters, quotes and backslashes are escaped.
    mutating func string(utf8 text: some Sequence<UInt8>) {
        bytes.append(34)
        for byte in text {
            switch byte {
            case 34, 92:
                bytes.append(92)
                bytes.append(byte)
            case 10: raw("\\n")
            case 0..<32:
                raw("\\u00")
                bytes.append(48 + byte >> 4)
                bytes.append((byte & 15) < 10 ? 48 + (byte & 15) : 87 + (byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(34)
    }

    /// Appends a number in decimal.
    mutating func number(_ value: UInt64) {
        // Twenty digits hold every 64-bit number; they come out last first.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            var left = value
            repeat {
                start -= 1
                digits[start] = 48 + UInt8(left % 10)
                left /= 10
            } while left > 0
            bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Appends a comma, unless the last byte is the one that opened the list or object.
    mutating func comma(unlessAfter opening: UInt8) {
        if bytes.last != opening { bytes.append(44) }
    }
}
