internal import Compression
internal import Hashing
internal import Numbers
internal import Time

/// What a block says of its content: where it stands, when it arrived, what happened (docs/SEGMENT_FORMAT.md, "Trailer").
struct BlockTrailer: Equatable {
    /// A run of bytes that ends with a delivery which completed at least one record.
    struct Arrival: Equatable {
        let time: Timestamp
        /// Bytes since the run before it ended; deliveries without an LF are folded in.
        let length: Int
    }

    var source: SourceName
    var firstOffset: ByteOffset
    /// Bytes of content.
    var length: Int
    /// Bytes of the line that stood unfinished before the first byte; 0 where the block begins a line.
    var carried: Int
    /// Lines that end in this block and are not blank.
    var recordCount: Int
    /// Sequence of the last tail entry that went into this block or one before it.
    var lastSequence: UInt64
    /// The earliest arrival that the next entry may have.
    var nextArrival: Timestamp
    var arrivals: [Arrival]
    var events: [JournalEvent]

    /// Bytes of the source that are known to be missing behind the content.
    var missing: Int {
        events.reduce(0) { $1.offset >= firstOffset ? $0.saturatingAdd($1.missingBytes ?? 0) : $0 }
    }

    /// The stretch that is missing in the block; nil where nothing is.
    var gap: Range<ByteOffset>? { missing > 0 ? firstOffset + length..<endOffset : nil }

    /// Whether the block only says that something is missing; what stands unfinished before it is not known then.
    var isGap: Bool { length == 0 && events.contains { $0.kind == EventKind.gap } }

    var endOffset: ByteOffset { firstOffset + length + missing }

    /// Whether a line that may be handed out whole stands unfinished before the first byte.
    var beginsInLine: Bool { carried > 0 && carried <= RecordReader.recordByteLimit }

    /// Whether such a line goes on through the whole block.
    var isInsideLine: Bool { beginsInLine && arrivals.isEmpty && !events.contains(where: \.endsLine) }

    static let magic = Array("REPRISE1".utf8)
    static let version: UInt8 = 1
    /// Readers refuse more than this many bytes before they allocate: a slot full of events is the largest that is written.
    static let byteLimit = 16 << 20

    /// The stored skippable frame: its header, this trailer, and the checksum over every stored byte of the block.
    ///
    /// - Parameter frame: the block's zstd frame as stored.
    func encode(after frame: UnsafeRawBufferPointer) -> [UInt8] {
        var payload = BlockTrailer.magic
        payload.append(BlockTrailer.version)
        payload.append(UInt8(source.rawValue.utf8.count))
        payload += Array(source.rawValue.utf8)
        payload.append(littleEndian: firstOffset.rawValue)
        payload.append(littleEndian: UInt32(length))
        payload.append(littleEndian: UInt64(carried))
        payload.append(littleEndian: UInt32(recordCount))
        payload.append(littleEndian: lastSequence)
        payload.append(littleEndian: nextArrival.rawValue)
        payload.append(varint: UInt64(arrivals.count))
        var before: Int64 = 0
        for arrival in arrivals {
            payload.append(zigzag: arrival.time.rawValue - before)
            payload.append(varint: UInt64(arrival.length))
            before = arrival.time.rawValue
        }
        payload.append(varint: UInt64(events.count))
        before = 0
        for event in events {
            payload.append(zigzag: Int64(bitPattern: event.offset.rawValue &- firstOffset.rawValue))
            payload.append(zigzag: event.time.rawValue - before)
            payload.append(varint: UInt64(event.json.count))
            payload += event.json
            before = event.time.rawValue
        }
        var stored: [UInt8] = []
        stored.reserveCapacity(payload.count + 16)
        stored.append(littleEndian: ZstdFrame.skippableMagic)
        stored.append(littleEndian: UInt32(payload.count + 8))
        stored += payload
        let hash = stored.withUnsafeBytes { XXH3.hash(frame, $0) }
        stored.append(littleEndian: hash)
        return stored
    }

    /// Reads a stored skippable frame and checks it and the zstd frame before it against the checksum.
    ///
    /// Returns nil for anything that is not a whole, undamaged trailer of that frame; nothing large is allocated first.
    static func decode(_ stored: UnsafeRawBufferPointer, after frame: UnsafeRawBufferPointer) -> BlockTrailer? {
        guard let trailer = decode(unchecked: stored) else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: stored[0..<stored.count - 8])
        var end = ByteParser(UnsafeRawBufferPointer(rebasing: stored[(stored.count - 8)...]))
        return end.integer(UInt64.self) == XXH3.hash(frame, body) ? trailer : nil
    }

    /// Reads a stored skippable frame without the zstd frame before it: enough to find one's way, not to believe the bytes.
    static func decode(unchecked stored: UnsafeRawBufferPointer) -> BlockTrailer? {
        guard stored.count >= 16, stored.count <= byteLimit else { return nil }
        var parser = ByteParser(UnsafeRawBufferPointer(rebasing: stored[0..<stored.count - 8]))
        guard parser.integer(UInt32.self) == ZstdFrame.skippableMagic,
            let size = parser.integer(UInt32.self), Int(size) == stored.count - 8,
            let found = parser.take(8), found.elementsEqual(magic),
            parser.integer(UInt8.self) == version,
            let nameLength = parser.integer(UInt8.self), let name = parser.take(Int(nameLength)),
            let source = SourceName(rawValue: String(decoding: name, as: UTF8.self)),
            let firstOffset = parser.integer(UInt64.self), let length = parser.integer(UInt32.self),
            firstOffset <= ByteOffset.limit.rawValue,
            let carried = parser.integer(UInt64.self), carried <= firstOffset,
            let recordCount = parser.integer(UInt32.self), let lastSequence = parser.integer(UInt64.self),
            let nextArrival = parser.integer(Int64.self),
            let arrivals = parseArrivals(&parser, length: Int(length)),
            let events = parseEvents(&parser, firstOffset: firstOffset),
            parser.remaining == 0
        else { return nil }
        let trailer = BlockTrailer(
            source: source,
            firstOffset: ByteOffset(rawValue: firstOffset),
            length: Int(length),
            carried: Int(carried),
            recordCount: Int(recordCount),
            lastSequence: lastSequence,
            nextArrival: Timestamp(rawValue: nextArrival),
            arrivals: arrivals,
            events: events
        )
        return trailer.isPlausible ? trailer : nil
    }

    /// Whether a writer gets there; sums of what is believed cannot overflow, so that nothing behind this point checks again.
    private var isPlausible: Bool {
        TailEntry.sequenceRange.contains(lastSequence) && TailEntry.timeRange.contains(nextArrival.rawValue)
            && arrivals.allSatisfy { TailEntry.timeRange.contains($0.time.rawValue) }
            && events.allSatisfy { TailEntry.timeRange.contains($0.time.rawValue) && $0.offset <= ByteOffset.limit }
            && endOffset <= ByteOffset.limit
    }

    private static func parseArrivals(_ parser: inout ByteParser, length: Int) -> [Arrival]? {
        guard let count = parser.count(limit: parser.remaining / 2) else { return nil }
        var arrivals: [Arrival] = []
        arrivals.reserveCapacity(count)
        var time: Int64 = 0
        var total = 0
        for _ in 0..<count {
            guard let delta = parser.zigzag(), let bytes = parser.count(limit: length - total) else { return nil }
            let (sum, overflow) = time.addingReportingOverflow(delta)
            guard !overflow else { return nil }
            time = sum
            total += bytes
            arrivals.append(Arrival(time: Timestamp(rawValue: time), length: bytes))
        }
        return arrivals
    }

    private static func parseEvents(_ parser: inout ByteParser, firstOffset: UInt64) -> [JournalEvent]? {
        guard let count = parser.count(limit: parser.remaining / 3) else { return nil }
        var events: [JournalEvent] = []
        events.reserveCapacity(count)
        var time: Int64 = 0
        for _ in 0..<count {
            guard let shift = parser.zigzag(), let delta = parser.zigzag(),
                let size = parser.count(limit: min(parser.remaining, JournalEvent.byteLimit)),
                let json = parser.take(size)
            else { return nil }
            let (sum, overflow) = time.addingReportingOverflow(delta)
            guard !overflow else { return nil }
            time = sum
            let offset = ByteOffset(rawValue: firstOffset &+ UInt64(bitPattern: shift))
            events.append(JournalEvent(offset: offset, time: Timestamp(rawValue: time), json: Array(json)))
        }
        return events
    }
}
