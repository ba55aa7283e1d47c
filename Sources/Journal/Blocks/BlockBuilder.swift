internal import Compression
internal import Time

/// Turns what a tail slot holds into a block: the one path from tail to segment, live and in recovery alike.
final class BlockBuilder {
    private var compressor: ZstdCompressor
    private let source: SourceName
    private let stored: UnsafeMutableRawBufferPointer
    private var trailer: BlockTrailer

    /// A block's stored bytes, valid until the builder is used again.
    struct Block {
        /// The zstd frame.
        let frame: UnsafeRawBufferPointer
        /// The skippable frame behind it.
        let trailerFrame: [UInt8]
        let trailer: BlockTrailer
        /// Where the source stands before this block.
        let previous: SourceState
        /// Where the source stands behind it.
        let state: SourceState

        /// Stored bytes in all.
        var storedSize: Int { frame.count + trailerFrame.count }
    }

    /// zstd's default level: level 6 gains 11 % for 2.2 times the processor time.
    static let compressionLevel = 3

    init(source: SourceName) throws {
        compressor = try ZstdCompressor(level: BlockBuilder.compressionLevel)
        self.source = source
        stored = .allocate(byteCount: ZstdFrame.bound(TailGeometry.slotSize), alignment: 64)
        trailer = BlockTrailer(
            source: source,
            firstOffset: .zero,
            length: 0,
            carried: 0,
            recordCount: 0,
            lastSequence: 0,
            nextArrival: Timestamp(rawValue: Int64.min),
            arrivals: [],
            events: []
        )
    }

    deinit { stored.deallocate() }

    /// Makes a block of the entries at the start of a slot's bytes that go on exactly where the last block ended.
    ///
    /// The slot's bytes are overwritten: its content is moved together in place.
    ///
    /// - Parameters:
    ///   - slot: the slot's bytes as far as they were written.
    ///   - previous: where the source stands before this slot.
    ///   - isOwn: whether this process wrote the entries since it started. Then their checksums, which are for what a kill
    ///     or a power cut leaves, are not computed a second time; from here on the block's own hold.
    /// - Returns: nil where the slot begins with no entry that goes on from there.
    func build(slot: UnsafeMutableRawBufferPointer, after previous: SourceState, isOwn: Bool) throws -> Block? {
        trailer.firstOffset = previous.endOffset
        trailer.carried = previous.line.unfinished
        trailer.lastSequence = previous.lastSequence
        trailer.nextArrival = previous.nextArrival
        trailer.recordCount = 0
        trailer.arrivals.removeAll(keepingCapacity: true)
        trailer.events.removeAll(keepingCapacity: true)
        var counter = previous.line
        var contentLength = 0
        var folded = 0
        var position = 0
        while position < slot.count,
            let entry = TailEntry.parse(UnsafeRawBufferPointer(rebasing: slot[position...]), isOwn: isOwn),
            entry.sequence == trailer.lastSequence + 1, entry.offset == trailer.firstOffset + contentLength
        {
            let payload = UnsafeRawBufferPointer(
                rebasing: slot[position + TailEntry.headerSize..<position + entry.storedSize]
            )
            var lines = 0
            switch entry.kind {
            case .delivery:
                let counts = counter.take(payload)
                lines = counts.lines
                trailer.recordCount += counts.records
                folded += entry.length
                if lines > 0 {
                    trailer.arrivals.append(.init(time: entry.arrival, length: folded))
                    folded = 0
                }
                if let target = slot.baseAddress, let bytes = payload.baseAddress {
                    (target + contentLength).copyMemory(from: bytes, byteCount: entry.length)
                }
                contentLength += entry.length
            case .event:
                let event = JournalEvent(offset: entry.offset, time: entry.arrival, json: Array(payload))
                if event.endsLine { counter.breakLine() }
                trailer.events.append(event)
            }
            trailer.lastSequence = entry.sequence
            trailer.nextArrival = entry.arrival + .microseconds(max(1, lines))
            position += entry.storedSize
        }
        guard position > 0 else { return nil }
        trailer.length = contentLength
        return try block(
            content: UnsafeRawBufferPointer(rebasing: slot[0..<contentLength]),
            after: previous,
            line: counter
        )
    }

    /// Makes the empty block that a segment begins with: it repeats the events in force, so that the file can be read alone.
    func opening(state: SourceState, inForce: [JournalEvent]) throws -> Block {
        trailer.firstOffset = state.endOffset
        trailer.carried = state.line.unfinished
        trailer.lastSequence = state.lastSequence
        trailer.nextArrival = state.nextArrival
        trailer.length = 0
        trailer.recordCount = 0
        trailer.arrivals.removeAll(keepingCapacity: true)
        trailer.events = inForce
        return try block(content: UnsafeRawBufferPointer(start: nil, count: 0), after: state, line: state.line)
    }

    private func block(
        content: UnsafeRawBufferPointer,
        after previous: SourceState,
        line: LineCounter
    ) throws -> Block {
        let length = try compressor.compress(content, into: stored)
        let frame = UnsafeRawBufferPointer(rebasing: stored[0..<length])
        let state = SourceState(
            endOffset: trailer.endOffset,
            lastSequence: trailer.lastSequence,
            nextArrival: trailer.nextArrival,
            line: line
        )
        return Block(
            frame: frame,
            trailerFrame: trailer.encode(after: frame),
            trailer: trailer,
            previous: previous,
            state: state
        )
    }
}

/// How far a source has come: what the next entry must continue.
struct SourceState: Equatable {
    var endOffset = ByteOffset.zero
    var lastSequence: UInt64 = 0
    /// The earliest arrival that the next entry may have.
    var nextArrival = Timestamp(rawValue: 0)
    /// The line that the next byte goes on with.
    var line = LineCounter()
}
