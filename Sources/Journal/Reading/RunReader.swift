internal import Files
internal import Time

/// Reads a source as runs of bytes, from blocks and from the tail alike; changes nothing, and may run beside the writer.
final class RunReader {
    private let folder: SourceFolder
    private let cursor: SegmentCursor
    private var tail: TailReader?
    private var tailIsUnsynced = false
    /// Where the blocks passed so far end, nil before the first; the tail may have been read further.
    private var blocksEnd: ByteOffset?
    /// Whether the last run was a damaged block: only the next trailer tells whether a line begins behind it.
    private var isBehindGap = false
    /// Whether the newest bytes came from the tail, so that the block that follows may hold some of them.
    private var isAhead = false
    /// Bytes of the line that what was read leaves unfinished.
    private var unfinished = 0
    private(set) var progress: ReadProgress

    /// Starts before the first block of a segment, or before the tail where the source has none yet.
    init(_ folder: SourceFolder, at segment: SegmentID?) throws {
        self.folder = folder
        cursor = SegmentCursor(folder, at: segment ?? .first)
        // Before the first block of all, the tail begins with entry 1.
        progress = ReadProgress(offset: .zero, sequence: segment == nil ? 0 : nil)
        try openTail()
    }

    private func openTail() throws {
        guard tail == nil, let file = try folder.openTail() else { return }
        try folder.checkVersion(ofTail: file)
        tail = TailReader(file, folder.geometry)
    }

    /// Passes blocks as long as they end before a place, by their trailers alone, but for the last block there is.
    ///
    /// The tail goes on from the last block, so a place in the tail is reached by way of it.
    func skip(while isBefore: (BlockTrailer) -> Bool) throws {
        var passed: (BlockLocation, SegmentID)?
        while case .block(let location, let trailer) = try block(while: isBefore, wanted: { $0.length > 0 }) {
            guard isBefore(trailer) else { return }
            if trailer.length > 0 || passed == nil { passed = (location, cursor.id) }
            cursor.pass(location)
        }
        if let (location, segment) = passed { cursor.back(to: location, in: segment) }
    }

    /// Passes blocks that end before a time, but for the last in which a line begins: it may hold the first record's beginning.
    func skip(beforeArrival time: Timestamp) throws {
        var passed: (BlockLocation, SegmentID)?
        while case .block(let location, let trailer) = try block(
            while: { $0.nextArrival <= time },
            wanted: { $0.length > 0 && !$0.isInsideLine }
        ), trailer.nextArrival <= time {
            if trailer.length > 0, passed == nil || !trailer.isInsideLine { passed = (location, cursor.id) }
            cursor.pass(location)
        }
        if let (location, segment) = passed { cursor.back(to: location, in: segment) }
    }

    /// The next block, by its trailer alone; those are left out that lie before a place and before another such one that is wanted.
    private func block(
        while isBefore: (BlockTrailer) -> Bool,
        wanted: (BlockTrailer) -> Bool
    ) throws -> SegmentCursor.Item? {
        try cursor.leap(while: isBefore, to: wanted)
        return try cursor.peek(checked: false)
    }

    /// Passes everything; returns the offset behind it.
    func skipToEnd() throws -> ByteOffset {
        let buffer = RunBuffer()
        try cursor.leapToLast()
        repeat {
            buffer.begin(at: progress.offset)
            while let item = try cursor.peek(checked: true) {
                switch item {
                case .block(let location, let trailer):
                    cursor.pass(location)
                    guard trailer.lastSequence > progress.sequence ?? 0 || progress.sequence == nil else { continue }
                    progress = ReadProgress(
                        offset: trailer.endOffset,
                        sequence: trailer.lastSequence,
                        time: trailer.nextArrival
                    )
                case .damaged(let contentSize):
                    try cursor.passDamaged()
                    progress.offset = progress.offset + contentSize
                case .cut: break
                }
            }
        } while try readTail(into: buffer)
        return progress.offset
    }

    /// Appends the next run to a buffer; false where there is no more for now.
    ///
    /// The tail is asked first: its slots are used again only when their block is there, so what has left it is found behind it.
    func next(into buffer: RunBuffer) throws -> Bool {
        if try !isBehindGap && readTail(into: buffer) { return true }
        while let item = try cursor.peek(checked: true) {
            switch item {
            case .block(let location, let trailer):
                if isEventMissing(before: trailer, buffer) {
                    addGap(0, to: buffer)
                    return true
                }
                defer { cursor.pass(location) }
                if try read(trailer, location, into: buffer) { return true }
            case .damaged(let contentSize):
                let isOpening = cursor.isAtStart
                try cursor.passDamaged()
                let end = (blocksEnd ?? progress.offset) + contentSize
                blocksEnd = end
                if progress.sequence != nil && end <= progress.offset {
                    // What was read from the tail before is not missing, nor is what a segment's first block repeats; but
                    // a block of events alone is.
                    let isRead = isAhead || isOpening
                    if end == progress.offset { isAhead = false }
                    if isRead { continue }
                }
                addGap(end > progress.offset ? end - progress.offset : 0, to: buffer)
                return true
            case .cut:
                addGap(0, to: buffer)
                return true
            }
        }
        // Behind a gap a block comes first, because it tells whether a line begins there.
        return try isBehindGap && readTail(into: buffer)
    }

    /// Makes what was read durable, wherever it came from.
    func sync() throws {
        if tailIsUnsynced { try tail?.sync() }
        if !cursor.isSealed { try cursor.file?.syncData() }
        tailIsUnsynced = false
    }

    private func readTail(into buffer: RunBuffer) throws -> Bool {
        guard progress.sequence != nil else { return false }
        try openTail()
        guard let tail else { return false }
        if isBehindGap {
            guard try tail.goesOn(from: progress) else { return false }
            if progress.offset != buffer.endOffset {
                // What stands unfinished before the tail is not known there, so that its first line counts as torn.
                buffer.begin(at: progress.offset, missingHead: 1, isHeadLost: true)
                unfinished = 0
            }
        }
        let (start, firstEvent) = (buffer.length, buffer.events.count)
        guard try tail.read(&progress, into: buffer) else { return false }
        // A gap has ended the line; what goes on exactly there is its rest and no line of its own.
        if isBehindGap && unfinished > 0 { buffer.loseHead(unfinished) }
        noteLine(buffer, from: start, firstEvent)
        tailIsUnsynced = true
        isBehindGap = false
        isAhead = true
        return true
    }

    /// Whether something is missing before a block that its offset does not tell of: events that ended a line.
    private func isEventMissing(before trailer: BlockTrailer, _ buffer: RunBuffer) -> Bool {
        guard let sequence = progress.sequence, trailer.lastSequence > sequence, !trailer.isGap, !isBehindGap, !isAhead
        else {
            return false
        }
        return trailer.firstOffset == buffer.endOffset && trailer.carried != unfinished
    }

    /// Notes how much of a line the bytes and events from a place in a buffer on leave unfinished.
    private func noteLine(_ buffer: RunBuffer, from start: Int, _ firstEvent: Int) {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])
        var lineStart = bytes.lastIndex(of: 10).map { start + $0 + 1 }
        let offset = buffer.baseOffset + start
        for event in buffer.events[firstEvent...] where event.offset >= offset && event.endsLine {
            lineStart = max(lineStart ?? 0, min(buffer.length, start + (event.offset - offset)))
        }
        unfinished = lineStart.map { buffer.length - $0 } ?? unfinished + bytes.count
    }

    /// Appends what is new in a block; false where nothing is.
    private func read(_ trailer: BlockTrailer, _ location: BlockLocation, into buffer: RunBuffer) throws -> Bool {
        let isFirst = progress.sequence == nil
        blocksEnd = trailer.endOffset
        // A gap has no entry of its own.
        if let sequence = progress.sequence, trailer.lastSequence <= sequence, trailer.endOffset <= progress.offset {
            return false
        }
        if isFirst || isBehindGap && trailer.firstOffset >= buffer.endOffset {
            buffer.begin(at: trailer.firstOffset, missingHead: trailer.carried, isHeadLost: isBehindGap)
            unfinished = trailer.carried
        } else if isBehindGap && unfinished > 0 {
            // Some of the block was read from the tail before the gap was seen; that is not given again.
            buffer.loseHead(unfinished)
        }
        isBehindGap = false
        guard trailer.firstOffset <= buffer.endOffset, trailer.endOffset >= buffer.endOffset else {
            throw JournalError(
                .corrupt,
                "\(folder.path): a block begins at \(trailer.firstOffset), but the bytes before it end at "
                    + "\(buffer.endOffset)"
            )
        }
        // Behind what is missing in the block none of its bytes are new.
        let known = min(trailer.length, buffer.endOffset - trailer.firstOffset)
        let (start, firstEvent) = (buffer.length, buffer.events.count)
        if trailer.length > 0 {
            try cursor.content(of: location, into: buffer.reserve(trailer.length))
            buffer.add(filled: trailer.length, dropping: known)
        }
        var end = 0
        for arrival in trailer.arrivals {
            end += arrival.length
            if end > known { buffer.add(arrival: arrival.time, end: start + end - known) }
        }
        for event in trailer.events where event.time > progress.time { buffer.add(event) }
        noteLine(buffer, from: start, firstEvent)
        isAhead = false
        progress = ReadProgress(
            offset: trailer.endOffset,
            sequence: trailer.lastSequence,
            time: Timestamp(rawValue: trailer.nextArrival.rawValue - 1)
        )
        isBehindGap = trailer.missing > 0
        return true
    }

    /// Damage costs its block alone: the bytes are passed over and a gap event stands for them.
    private func addGap(_ contentSize: Int, to buffer: RunBuffer) {
        buffer.add(.gap(at: buffer.endOffset, time: progress.time, bytes: contentSize))
        isBehindGap = true
        progress.offset = buffer.endOffset + contentSize
        progress.sequence = progress.sequence ?? 0
    }
}
