// Little-endian integers and LEB128 varints: the two spellings of numbers in tail entries and trailers.

extension [UInt8] {
    mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
        var value = value
        for _ in 0..<MemoryLayout<T>.size {
            append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    /// Seven bits a byte, lowest first, the high bit set on all but the last byte.
    mutating func append(varint value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(truncatingIfNeeded: value))
    }

    /// A signed number as a varint, sign in the lowest bit.
    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}

/// Reads numbers from bytes that nobody has checked; every call returns nil at the end or at nonsense.
struct ByteParser {
    private let bytes: CheckedBytes
    private(set) var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = CheckedBytes(bytes) }

    var remaining: Int { bytes.count - index }

    mutating func integer<T: FixedWidthInteger>(_: T.Type) -> T? {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { return nil }
        defer { index += size }
        return T(littleEndian: bytes.load(T.self, at: index))
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard remaining > 0 else { return nil }
            let byte = UInt64(bytes.load(UInt8.self, at: index))
            index += 1
            guard shift < 63 || byte <= 1 else { return nil }
            value |= (byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    mutating func zigzag() -> Int64? {
        guard let value = varint() else { return nil }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A varint that is a count of things in memory: nil where it is larger than the limit.
    mutating func count(limit: Int) -> Int? {
        guard let value = varint(), value <= UInt64(limit) else { return nil }
        return Int(value)
    }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, remaining >= count else { return nil }
        defer { index += count }
        return bytes.slice(index, count)
    }
}

/// A buffer whose every access is checked, in release builds too: raw buffers themselves are not.
private struct CheckedBytes {
    private let buffer: UnsafeRawBufferPointer

    init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    var count: Int { buffer.count }

    func load<T: FixedWidthInteger>(_: T.Type, at index: Int) -> T {
        precondition(index >= 0 && index + MemoryLayout<T>.size <= buffer.count, "a read past the end of a buffer")
        return buffer.loadUnaligned(fromByteOffset: index, as: T.self)
    }

    func slice(_ index: Int, _ count: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && count >= 0 && index + count <= buffer.count, "a slice past the end of a buffer")
        return UnsafeRawBufferPointer(rebasing: buffer[index..<index + count])
    }
}
