/// Base64 as RFC 4648, section 4, has it: padded, without line breaks.
public enum Base64 {
    /// How many letters stand for so many bytes.
    public static func encodedCount(_ byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

    /// How many bytes so many letters stand for, at most.
    public static func decodedCount(_ letterCount: Int) -> Int { letterCount / 4 * 3 }

    /// The letters that stand for some bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { target in
            bytes.withUnsafeBytes { encode($0, to: UnsafeMutableRawBufferPointer(target)) }
        }
    }

    /// Writes the letters that stand for some bytes to the start of a buffer.
    ///
    /// - Parameter target: at least `encodedCount` bytes.
    /// - Returns: how many were written.
    @discardableResult
    public static func encode(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) -> Int {
        let length = encodedCount(bytes.count)
        precondition(length <= target.count, "no space was made for this")
        guard let source = bytes.baseAddress, let start = target.baseAddress else { return 0 }
        pairs.withUnsafeBufferPointer { pairs in
            guard let pairs = pairs.baseAddress else { return }
            var (place, target) = (0, start)
            while place + 3 <= bytes.count {
                let a = Int(source.load(fromByteOffset: place, as: UInt8.self))
                let b = Int(source.load(fromByteOffset: place + 1, as: UInt8.self))
                let c = Int(source.load(fromByteOffset: place + 2, as: UInt8.self))
                target.storeBytes(of: pairs[a << 4 | b >> 4], as: UInt16.self)
                target.storeBytes(of: pairs[(b & 15) << 8 | c], toByteOffset: 2, as: UInt16.self)
                place += 3
                target += 4
            }
            guard place < bytes.count else { return }
            let a = Int(source.load(fromByteOffset: place, as: UInt8.self))
            let b = place + 1 < bytes.count ? Int(source.load(fromByteOffset: place + 1, as: UInt8.self)) : 0
            target.storeBytes(of: pairs[a << 4 | b >> 4], as: UInt16.self)
            target.storeBytes(of: pairs[(b & 15) << 8], toByteOffset: 2, as: UInt16.self)
            let equals = UInt8(ascii: "=")
            target.storeBytes(of: equals, toByteOffset: 3, as: UInt8.self)
            if place + 1 == bytes.count { target.storeBytes(of: equals, toByteOffset: 2, as: UInt8.self) }
        }
        return length
    }

    /// Writes the bytes that letters stand for to the start of a buffer.
    ///
    /// - Parameter target: at least `decodedCount` bytes.
    /// - Returns: how many were written; nil where the letters are not base64: another letter, a blank, no padding.
    public static func decode(_ letters: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) -> Int? {
        guard letters.count % 4 == 0 else { return nil }
        guard letters.count > 0 else { return 0 }
        precondition(decodedCount(letters.count) <= target.count, "no space was made for this")
        let equals = UInt8(ascii: "=")
        var padding = 0
        while padding < 2, letters[letters.count - 1 - padding] == equals { padding += 1 }
        let length = decodedCount(letters.count) - padding
        return values.withUnsafeBufferPointer { values -> Int? in
            var seen: UInt8 = 0
            func value(_ place: Int) -> UInt32 {
                let value = values[Int(letters[place])]
                seen |= value
                return UInt32(value)
            }
            var (place, end) = (0, 0)
            while place < letters.count - 4 {
                let bits = value(place) << 18 | value(place + 1) << 12 | value(place + 2) << 6 | value(place + 3)
                target[end] = UInt8(truncatingIfNeeded: bits >> 16)
                target[end + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                target[end + 2] = UInt8(truncatingIfNeeded: bits)
                place += 4
                end += 3
            }
            // The last four letters, padded as they may be.
            var bits: UInt32 = 0
            for index in 0..<4 { bits = bits << 6 | (index < 4 - padding ? value(place + index) : 0) }
            for index in 0..<3 - padding {
                target[end + index] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * index))
            }
            return seen & 0xC0 == 0 ? length : nil
        }
    }

    // MARK: - Internal

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Two letters for each twelve bits, in the order in which they stand in memory.
    private static let pairs: [UInt16] = (0..<4_096).map { bits in
        UInt16(littleEndian: UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8)
    }

    /// The six bits of each letter; 255 for any other byte.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()
}
