internal import CZstd

/// Facts about zstd frames that need no decompression (zstd_compression_format.md, "Frames").
public enum ZstdFrame {
    /// The first four bytes of a frame, little-endian.
    public static let magic: UInt32 = 0xFD2F_B528
    /// The first four bytes of the first of the sixteen kinds of skippable frame, little-endian.
    public static let skippableMagic: UInt32 = 0x184D_2A50
    /// The longest frame header: magic, descriptor, window, dictionary id and content size.
    public static let headerByteLimit = 18

    /// The largest frame that content of this many bytes can become.
    public static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    /// The content size that a frame's header states, or nil where it states none or is no header.
    ///
    /// - Parameter header: the frame's first bytes; `headerByteLimit` of them are always enough.
    public static func contentSize(header: UnsafeRawBufferPointer) -> Int? {
        // The two highest values stand for "unknown" and "error" (zstd.h).
        let size = ZSTD_getFrameContentSize(header.baseAddress, header.count)
        return size < UInt64(Int.max) ? Int(size) : nil
    }

    /// The length in bytes of the frame's header, or nil where it is no header.
    public static func headerSize(_ header: UnsafeRawBufferPointer) -> Int? {
        // Descriptor bits: 7-6 content size, 5 single segment, 3 reserved, 2 checksum, 1-0 dictionary id.
        guard header.count >= 5, header.loadUnaligned(as: UInt32.self) == magic.littleEndian else { return nil }
        let descriptor = header[4]
        guard descriptor & 0b1000 == 0 else { return nil }
        let single = descriptor & 0b10_0000 != 0
        let contentSizeBytes = [single ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        let dictionaryBytes = [0, 1, 2, 4][Int(descriptor & 0b11)]
        return 5 + (single ? 0 : 1) + dictionaryBytes + contentSizeBytes
    }

    /// Whether the frame ends with a four-byte checksum of its content.
    public static func hasChecksum(header: UnsafeRawBufferPointer) -> Bool {
        header.count >= 5 && header[4] & 0b100 != 0
    }

    /// Reads a block header's three bytes: whether it is the last, and how many stored bytes follow it.
    ///
    /// Returns nil for the reserved block type.
    public static func blockHeader(_ bytes: UnsafeRawBufferPointer) -> (isLast: Bool, storedSize: Int)? {
        guard bytes.count >= 3 else { return nil }
        let value = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        let size = value >> 3
        switch (value >> 1) & 0b11 {
        case 0, 2: return (value & 1 == 1, size)
        case 1: return (value & 1 == 1, 1)  // One byte, repeated.
        default: return nil
        }
    }
}
