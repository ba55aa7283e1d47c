internal import Hashing
internal import Time

/// One committed write in the tail: a delivery's bytes or an event's JSON behind a header of 48 bytes.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | magic `RTE1` |
/// | 4 | 1 | kind: 1 delivery, 2 event |
/// | 5 | 3 | zero |
/// | 8 | 4 | length of what follows the header |
/// | 12 | 4 | zero |
/// | 16 | 8 | sequence: 1, 2, 3, … over the source's life, without a hole |
/// | 24 | 8 | offset in the source |
/// | 32 | 8 | arrival, µs since 1970 UTC |
/// | 40 | 8 | XXH3-64 of bytes 0 to 39 and what follows the header |
struct TailEntry: Equatable {
    enum Kind: UInt8 { case delivery = 1, event = 2 }

    let kind: Kind
    let length: Int
    let sequence: UInt64
    let offset: ByteOffset
    let arrival: Timestamp

    static let headerSize = 48
    /// Times that are believed: a few thousand years on either side of 1970, so that sums cannot overflow.
    static let timeRange = -(Int64(1) << 60)...(Int64(1) << 60)
    /// Numbers of entries that are believed: more than a million a second give in 100,000 years.
    static let sequenceRange: ClosedRange<UInt64> = 0...(1 << 62)
    static let magic: UInt32 = 0x3145_5452  // "RTE1" in memory.

    /// Bytes in the tail, header included.
    var storedSize: Int { TailEntry.headerSize + length }

    /// The offset behind this entry: an event takes no room in the source.
    var endOffset: ByteOffset { kind == .delivery ? offset + length : offset }

    /// Writes the header for a payload; 48 bytes.
    func writeHeader(to header: UnsafeMutableRawBufferPointer, payload: UnsafeRawBufferPointer) {
        precondition(header.count == TailEntry.headerSize && payload.count == length)
        header.storeBytes(of: TailEntry.magic.littleEndian, toByteOffset: 0, as: UInt32.self)
        header.storeBytes(of: UInt32(kind.rawValue).littleEndian, toByteOffset: 4, as: UInt32.self)
        header.storeBytes(of: UInt64(length).littleEndian, toByteOffset: 8, as: UInt64.self)
        header.storeBytes(of: sequence.littleEndian, toByteOffset: 16, as: UInt64.self)
        header.storeBytes(of: offset.rawValue.littleEndian, toByteOffset: 24, as: UInt64.self)
        header.storeBytes(of: arrival.rawValue.littleEndian, toByteOffset: 32, as: Int64.self)
        let hash = XXH3.hash(UnsafeRawBufferPointer(rebasing: header[0..<40]), payload)
        header.storeBytes(of: hash.littleEndian, toByteOffset: 40, as: UInt64.self)
    }

    /// Reads a header and its checksum; nil where it is none.
    ///
    /// The payload is still to be checked against the checksum.
    static func parse(header: UnsafeRawBufferPointer) -> (entry: TailEntry, checksum: UInt64)? {
        var parser = ByteParser(header)
        guard header.count >= headerSize, parser.integer(UInt32.self) == magic,
            let kindField = parser.integer(UInt32.self), kindField <= 2,
            let kind = Kind(rawValue: UInt8(truncatingIfNeeded: kindField)),
            let length = parser.integer(UInt64.self), length <= UInt64(TailGeometry.standard.slotSize - headerSize),
            kind == .delivery || length <= UInt64(JournalEvent.byteLimit),
            let sequence = parser.integer(UInt64.self), let offset = parser.integer(UInt64.self),
            sequenceRange.contains(sequence), offset <= ByteOffset.limit.rawValue,
            let arrival = parser.integer(Int64.self), timeRange.contains(arrival),
            let checksum = parser.integer(UInt64.self)
        else { return nil }
        let entry = TailEntry(
            kind: kind,
            length: Int(length),
            sequence: sequence,
            offset: ByteOffset(rawValue: offset),
            arrival: Timestamp(rawValue: arrival)
        )
        return (entry, checksum)
    }

    /// Reads the entry at the start of a run of bytes; nil where it is none, is not whole, or disagrees with its checksum.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> TailEntry? {
        guard let (entry, checksum) = parse(header: bytes), bytes.count >= entry.storedSize else { return nil }
        let hash = XXH3.hash(
            UnsafeRawBufferPointer(rebasing: bytes[0..<40]),
            UnsafeRawBufferPointer(rebasing: bytes[headerSize..<entry.storedSize])
        )
        return hash == checksum ? entry : nil
    }
}

/// The tail's shape: a ring of slots that is the bounded buffer between network and disk.
struct TailGeometry: Equatable, Sendable {
    let slotCount: Int
    /// A slot holds entries with their headers; what it holds becomes one block.
    let slotSize: Int

    /// What every journal has; only tests that run thousands of journals a second make smaller ones.
    static let standard = TailGeometry(slotCount: 8, slotSize: 4 << 20)

    var fileSize: Int { slotCount * slotSize }

    func start(ofSlot slot: Int) -> Int { slot * slotSize }
}
