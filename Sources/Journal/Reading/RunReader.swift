internal import Files
internal import Time

/// Reads a source as runs of bytes, from blocks and from the tail alike; changes nothing, and may run beside the writer.
final class RunReader {
    let folder: SourceFolder
    let cursor: SegmentCursor
    var tail: TailReader?
    var tailIsUnsynced = false
    /// Where the blocks passed so far end, nil before the first; the tail may have been read further.
    var blocksEnd: ByteOffset?
    /// Whether the last run was a damaged block: only the next trailer tells whether a line begins behind it.
    var isBehindGap = false
    /// Whether the newest bytes came from the tail, so that the block that follows may hold some of them.
    var isAhead = false
    /// Bytes of the line that what was read leaves unfinished.
    var unfinished = 0
    /// Whether that is known: behind a gap it is only once a line has ended.
    var isUnfinishedKnown = true
    var progress: ReadProgress
    /// Whether the range has an end: then what lies behind damage at the newest end is looked for, and else waited for.
    let isBounded: Bool
    /// Whether numbers and offsets disagree, or may: then nothing is known to be missing before all files were looked at.
    var isDisordered: Bool
    /// Where the source is known to have come by what is not one of its own files.
    let knownEnd: ByteOffset
    /// Whether a catalog says that the newest segment with a file is the newest there was.
    let isNewestKnown: Bool
    /// Damage that was passed since the last block, and where its content ends at least.
    var damage: (isHere: Bool, end: ByteOffset) = (false, .zero)
    var isEndReported = false
    /// Whether everything that the tail held at the last look at all of it was read.
    var isTailReached = false
    var hasMetGap = false
    var inventory: SourceInventory?

    /// How a reader takes a source: what whoever opens it knows.
    struct Terms {
        var isBounded = true
        var isDisordered = false
        var knownEnd = ByteOffset.zero
        /// The newest segment that has a file.
        var newest: SegmentID?
        /// Whether the catalog says that this is the newest there was.
        var isNewestKnown = false
    }

    /// Starts before the first block of a segment; nil for the source's beginning.
    init(_ folder: SourceFolder, at segment: SegmentID?, _ terms: Terms) throws {
        self.folder = folder
        isBounded = terms.isBounded
        isDisordered = terms.isDisordered
        knownEnd = terms.knownEnd
        isNewestKnown = terms.isNewestKnown
        cursor = SegmentCursor(folder, at: segment ?? .first, newest: terms.newest)
        // Before the first block of all, the tail begins with entry 1.
        progress = ReadProgress(offset: .zero, sequence: segment == nil ? 0 : nil)
        try openTail()
    }

    /// Whether the next block is whole and begins at or before a place, so that nothing before it need be looked for.
    func begins(where isBefore: (BlockTrailer) -> Bool) throws -> Bool {
        guard progress.sequence == nil else { return true }
        guard case .block(_, let trailer) = try cursor.peek(checked: true) else { return false }
        return isBefore(trailer)
    }

    func openTail() throws {
        guard tail == nil, let file = try folder.openTail() else { return }
        try folder.checkVersion(ofTail: file)
        tail = TailReader(file, folder.geometry)
    }

    /// Appends the next run to a buffer; false where there is no more for now.
    ///
    /// The tail is asked first: its slots are used again only when their block is there, so what has left it is found behind it.
    func next(into buffer: RunBuffer) throws -> Bool {
        if try !isBehindGap && readTail(into: buffer) { return true }
        while let item = try cursor.peek(checked: true) {
            switch item {
            case .block(let location, let trailer):
                if let sequence = progress.sequence, trailer.lastSequence <= sequence,
                    trailer.endOffset <= progress.offset
                {
                    // A gap has no entry of its own. What was read from elsewhere meanwhile is not missing.
                    blocksEnd = trailer.endOffset
                    damage = (false, .zero)
                    cursor.pass(location)
                    continue
                }
                if isSomethingMissing(before: trailer, buffer), try readHole(before: .init(trailer), into: buffer) {
                    return true
                }
                damage = (false, .zero)
                defer { cursor.pass(location) }
                if try read(trailer, into: buffer, { try cursor.content(of: location, into: $0) }) { return true }
            case .damaged(let contentSize): try passDamaged(contentSize)
            case .cut: noteDamage(0)
            }
        }
        // Behind a gap a block comes first, because it tells whether a line begins there.
        if try isBehindGap && readTail(into: buffer) { return true }
        return try isBounded && readEnd(into: buffer)
    }

    /// Goes behind a damaged block; what a segment's first block repeats is not missed.
    func passDamaged(_ contentSize: Int) throws {
        let isOpening = cursor.isAtStart && contentSize == 0
        try cursor.passDamaged()
        if !isOpening { noteDamage(contentSize) }
    }

    func noteDamage(_ contentSize: Int) {
        damage = (true, max(damage.end, blocksEnd ?? progress.offset) + contentSize)
    }

    /// Whether bytes or events lie between what was read and a block that does not only repeat.
    func isSomethingMissing(before trailer: BlockTrailer, _ buffer: RunBuffer) -> Bool {
        guard let sequence = progress.sequence else { return false }
        if trailer.firstOffset > progress.offset { return true }
        let isLost = damage.isHere && !isAhead && !isBehindGap && trailer.lastSequence > sequence
        return isLost && trailer.firstOffset == progress.offset || isEventMissing(before: trailer, buffer)
    }

    /// Makes what was read durable, wherever it came from.
    func sync() throws {
        if tailIsUnsynced { try tail?.sync() }
        if !cursor.isSealed { try cursor.file?.syncData() }
        tailIsUnsynced = false
    }

    func readTail(into buffer: RunBuffer) throws -> Bool {
        guard progress.sequence != nil else { return false }
        try openTail()
        guard let tail else { return false }
        if isBehindGap {
            guard try tail.goesOn(from: progress) else { return false }
            if progress.offset != buffer.endOffset {
                // What stands unfinished before the tail is not known there, so that its first line counts as torn.
                beginBehindGap(buffer)
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
    func isEventMissing(before trailer: BlockTrailer, _ buffer: RunBuffer) -> Bool {
        guard let sequence = progress.sequence, trailer.lastSequence > sequence, !trailer.isGap, !isBehindGap, !isAhead
        else {
            return false
        }
        return trailer.firstOffset == buffer.endOffset && isUnfinishedKnown && trailer.carried != unfinished
    }

    /// Notes how much of a line the bytes and events from a place in a buffer on leave unfinished.
    func noteLine(_ buffer: RunBuffer, from start: Int, _ firstEvent: Int) {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])
        var lineStart = bytes.lastIndex(of: 10).map { start + $0 + 1 }
        let offset = buffer.baseOffset + start
        for event in buffer.events[firstEvent...] where event.offset >= offset && event.endsLine {
            lineStart = max(lineStart ?? 0, min(buffer.length, start + (event.offset - offset)))
        }
        if lineStart != nil { isUnfinishedKnown = true }
        unfinished = lineStart.map { buffer.length - $0 } ?? unfinished + bytes.count
    }

    /// Appends what is new in a block; false where nothing is.
    func read(
        _ trailer: BlockTrailer,
        into buffer: RunBuffer,
        _ content: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws -> Bool {
        let isFirst = progress.sequence == nil
        blocksEnd = trailer.endOffset
        if isFirst || isBehindGap && trailer.firstOffset >= buffer.endOffset {
            buffer.begin(at: trailer.firstOffset, missingHead: trailer.carried, isHeadLost: isBehindGap)
            unfinished = trailer.carried
            isUnfinishedKnown = true
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
            try content(buffer.reserve(trailer.length))
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
        isBehindGap = trailer.missing > 0 || trailer.isGap
        return true
    }

    /// What stands unfinished before an entry of the tail is not known behind a gap, so that its first line counts as torn.
    func beginBehindGap(_ buffer: RunBuffer) {
        buffer.begin(at: progress.offset, missingHead: 1, isHeadLost: true)
        unfinished = 0
        isUnfinishedKnown = false
    }

    /// What is nowhere is passed over, and a gap event stands for it.
    func addGap(_ size: Int, to buffer: RunBuffer) {
        buffer.add(.gap(at: progress.offset, time: progress.time, bytes: size))
        isBehindGap = true
        hasMetGap = true
        progress.offset = progress.offset + size
        progress.sequence = progress.sequence ?? 0
    }
}
