internal import Compression
internal import Time

/// Makes blocks: the one path from what was committed to a segment, live and in recovery alike.
final class BlockBuilder {
    private var compressor: ZstdCompressor
    private let source: SourceName
    private let stored: UnsafeMutableRawBufferPointer

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

    /// 1.2 % less dense than level 3 in three quarters of its time (`Benchmarks/frames.py`): one table that fits a
    /// core's second cache, a window as long as the content, and matches from seven bytes on, of which posts are full.
    static let compression = ZstdSettings(level: 2, windowLog: 22, hashLog: 17, minMatch: 7)

    init(source: SourceName, _ geometry: TailGeometry) throws {
        compressor = try ZstdCompressor(BlockBuilder.compression)
        self.source = source
        stored = .allocate(byteCount: ZstdFrame.bound(geometry.slotSize), alignment: 64)
    }

    deinit { stored.deallocate() }

    /// Makes a block of what a slot holds.
    func build(_ content: SlotContent) throws -> Block {
        try block(
            content.bytes,
            previous: content.previous,
            state: content.state,
            recordCount: content.recordCount,
            arrivals: content.arrivals,
            events: content.events
        )
    }

    /// Makes the empty block that a segment begins with: it repeats the events in force, so that the file can be read alone.
    func opening(state: SourceState, inForce: [JournalEvent]) throws -> Block {
        try block(
            UnsafeRawBufferPointer(start: nil, count: 0),
            previous: state,
            state: state,
            recordCount: 0,
            arrivals: [],
            events: inForce
        )
    }

    /// Makes a block without content that says that bytes are missing: the source goes on behind them.
    ///
    /// - Parameters:
    ///   - bytes: how many are missing.
    ///   - sequence: of the last entry that is missing.
    ///   - nextArrival: the earliest arrival that what follows may have.
    func gap(after previous: SourceState, bytes: Int, sequence: UInt64, nextArrival: Timestamp) throws -> Block {
        let event = JournalEvent.gap(at: previous.endOffset, time: previous.nextArrival, bytes: bytes)
        let state = SourceState(
            endOffset: previous.endOffset + bytes,
            lastSequence: sequence,
            nextArrival: nextArrival,
            // Whether a line begins behind missing bytes is not known, so the first one counts as begun. Missing events can only
            // have ended one.
            line: bytes == 0 && previous.line.unfinished == 0 ? LineCounter() : LineCounter(unfinished: 1)
        )
        return try block(
            UnsafeRawBufferPointer(start: nil, count: 0),
            previous: previous,
            state: state,
            recordCount: 0,
            arrivals: [],
            events: [event]
        )
    }

    private func block(
        _ content: UnsafeRawBufferPointer,
        previous: SourceState,
        state: SourceState,
        recordCount: Int,
        arrivals: [BlockTrailer.Arrival],
        events: [JournalEvent]
    ) throws -> Block {
        let trailer = BlockTrailer(
            source: source,
            firstOffset: previous.endOffset,
            length: content.count,
            carried: previous.line.unfinished,
            recordCount: recordCount,
            lastSequence: state.lastSequence,
            nextArrival: state.nextArrival,
            arrivals: arrivals,
            events: events
        )
        let length = try compressor.compress(content, into: stored)
        let frame = UnsafeRawBufferPointer(rebasing: stored[0..<length])
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
