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
    /// Whether that is known: behind a gap it is only once a line has ended.
    private var isUnfinishedKnown = true
    private(set) var progress: ReadProgress
    /// Whether the range has an end: then what lies behind damage at the newest end is looked for, and else waited for.
    private let isBounded: Bool
    /// Whether numbers and offsets disagree, or may: then nothing is known to be missing before all files were looked at.
    private var isDisordered: Bool
    /// Where the source is known to have come by what is not one of its own files.
    private let knownEnd: ByteOffset
    /// Damage that was passed since the last block, and where its content ends at least.
    private var damage: (isHere: Bool, end: ByteOffset) = (false, .zero)
    private var isEndReported = false
    private var hasMetGap = false
    private var inventory: SourceInventory?

    /// How a reader takes a source: what whoever opens it knows.
    struct Terms {
        var isBounded = true
        var isDisordered = false
        var knownEnd = ByteOffset.zero
        /// The newest segment that has a file.
        var newest: SegmentID?
    }

    /// Starts before the first block of a segment; nil for the source's beginning.
    init(_ folder: SourceFolder, at segment: SegmentID?, _ terms: Terms) throws {
        self.folder = folder
        isBounded = terms.isBounded
        isDisordered = terms.isDisordered
        knownEnd = terms.knownEnd
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
        while let item = try cursor.peek(checked: true) {
            switch item {
            case .block(let location, let trailer):
                cursor.pass(location)
                damage = (false, .zero)
                guard trailer.lastSequence > progress.sequence ?? 0 || progress.sequence == nil else { continue }
                progress = ReadProgress(
                    offset: trailer.endOffset,
                    sequence: trailer.lastSequence,
                    time: trailer.nextArrival
                )
                blocksEnd = trailer.endOffset
            case .damaged(let contentSize):
                hasMetGap = true
                try passDamaged(contentSize)
            case .cut:
                hasMetGap = true
                noteDamage(0)
            }
        }
        repeat { buffer.begin(at: progress.offset) } while try next(into: buffer)
        return progress.offset
    }

    /// Passes everything; returns whether no gap was met on the way.
    func endsWhole() throws -> Bool {
        _ = try skipToEnd()
        return !hasMetGap
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
    private func passDamaged(_ contentSize: Int) throws {
        let isOpening = cursor.isAtStart && contentSize == 0
        try cursor.passDamaged()
        if !isOpening { noteDamage(contentSize) }
    }

    private func noteDamage(_ contentSize: Int) {
        damage = (true, max(damage.end, blocksEnd ?? progress.offset) + contentSize)
    }

    /// Whether bytes or events lie between what was read and a block that does not only repeat.
    private func isSomethingMissing(before trailer: BlockTrailer, _ buffer: RunBuffer) -> Bool {
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

    private func readTail(into buffer: RunBuffer) throws -> Bool {
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
    private func isEventMissing(before trailer: BlockTrailer, _ buffer: RunBuffer) -> Bool {
        guard let sequence = progress.sequence, trailer.lastSequence > sequence, !trailer.isGap, !isBehindGap, !isAhead
        else {
            return false
        }
        return trailer.firstOffset == buffer.endOffset && isUnfinishedKnown && trailer.carried != unfinished
    }

    /// Notes how much of a line the bytes and events from a place in a buffer on leave unfinished.
    private func noteLine(_ buffer: RunBuffer, from start: Int, _ firstEvent: Int) {
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
    private func read(
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
    private func beginBehindGap(_ buffer: RunBuffer) {
        buffer.begin(at: progress.offset, missingHead: 1, isHeadLost: true)
        unfinished = 0
        isUnfinishedKnown = false
    }

    /// What is nowhere is passed over, and a gap event stands for it.
    private func addGap(_ size: Int, to buffer: RunBuffer) {
        buffer.add(.gap(at: progress.offset, time: progress.time, bytes: size))
        isBehindGap = true
        hasMetGap = true
        progress.offset = progress.offset + size
        progress.sequence = progress.sequence ?? 0
    }
}

// What is not where it belongs, or not at all.

extension RunReader {
    /// Appends what lies next in a hole, wherever a file or the tail holds it, or else a gap for what is nowhere.
    ///
    /// - Parameter limit: what comes behind the hole; nil at the source's end.
    /// - Returns: false where nothing is left before the limit.
    private func readHole(before limit: SourceInventory.Limit?, into buffer: RunBuffer) throws -> Bool {
        let inventory = try allFiles()
        while let found = inventory.first(behind: progress.offset, progress.sequence ?? 0, before: limit) {
            switch found {
            case .block(let block):
                if block.firstOffset > progress.offset {
                    guard try inventory.open(block) != nil else {
                        inventory.drop(block)
                        continue
                    }
                    addGap(block.firstOffset - progress.offset, to: buffer)
                    return true
                }
                guard let trailer = try inventory.open(block), trailer.firstOffset <= progress.offset else {
                    inventory.drop(block)
                    continue
                }
                let before = progress
                let isRead = try read(trailer, into: buffer) { try inventory.content(of: block, into: $0) }
                if progress == before { inventory.drop(block) }
                if isRead { return true }
            case .entry(let entry):
                let isNext = entry.entry.sequence == (progress.sequence ?? 0) + 1
                if entry.entry.offset > progress.offset || !isNext && !isBehindGap {
                    addGap(entry.entry.offset - progress.offset, to: buffer)
                    return true
                }
                if try read(entry, inventory, into: buffer) { return true }
                inventory.drop(entry)
            }
        }
        guard let limit, limit.offset > progress.offset || !isBehindGap else { return false }
        addGap(limit.offset - progress.offset, to: buffer)
        return true
    }

    /// Appends an entry of the tail; false where its slot has been used again.
    private func read(_ found: TailCheck.Entry, _ inventory: SourceInventory, into buffer: RunBuffer) throws -> Bool {
        guard let payload = try inventory.payload(of: found) else { return false }
        let entry = found.entry
        if isBehindGap, progress.offset != buffer.endOffset {
            beginBehindGap(buffer)
        } else if isBehindGap, unfinished > 0 {
            buffer.loseHead(unfinished)
        }
        isBehindGap = false
        let (start, firstEvent) = (buffer.length, buffer.events.count)
        switch entry.kind {
        case .delivery:
            payload.withUnsafeBytes { buffer.reserve(entry.length).copyMemory(from: $0) }
            buffer.add(filled: entry.length, dropping: 0)
            buffer.add(arrival: entry.arrival)
        case .event: buffer.add(JournalEvent(offset: entry.offset, time: entry.arrival, json: payload))
        }
        noteLine(buffer, from: start, firstEvent)
        progress = ReadProgress(offset: entry.endOffset, sequence: entry.sequence, time: entry.arrival)
        tailIsUnsynced = true
        isAhead = true
        return true
    }

    /// Appends what lies behind damage at the newest end, and a gap for what is known to have been there; false behind all of it.
    private func readEnd(into buffer: RunBuffer) throws -> Bool {
        if inventory == nil, try isEndWhole() { return try reportEnd(to: buffer) }
        // Its writer may have gone on since: what it committed before is in the tail or in a block by now.
        try allFiles().lookAtTail()
        if try !isBehindGap && readTail(into: buffer) { return true }
        if case .block = try cursor.peek(checked: true) { return try next(into: buffer) }
        if try readHole(before: nil, into: buffer) { return true }
        return try reportEnd(to: buffer)
    }

    /// Whether nothing says that more was there: no damage, no numbers out of order, and no entry of the tail behind a missing one.
    private func isEndWhole() throws -> Bool {
        guard !damage.isHere, !isDisordered, try !cursor.hasBlockBehindDamage() else { return false }
        let sequence = progress.sequence ?? 0
        return try TailCheck.allEntries(folder).allSatisfy {
            $0.entry.sequence <= sequence || $0.entry.endOffset < progress.offset
        }
    }

    /// A gap up to where the source is known to have come; one of no length where that it went on is all that is known.
    private func reportEnd(to buffer: RunBuffer) throws -> Bool {
        guard !isEndReported else { return false }
        isEndReported = true
        let end = max(knownEnd, damage.end)
        let isLost = try !isAhead && !isBehindGap && (damage.isHere || isTailLost())
        guard end > progress.offset || isLost else { return false }
        addGap(end - progress.offset, to: buffer)
        return true
    }

    /// Whether a segment was not sealed, and the tail that goes on from it is missing or was cut.
    private func isTailLost() throws -> Bool {
        guard cursor.file != nil, !cursor.isSealed else { return false }
        return try (folder.openTail()?.size() ?? 0) < folder.geometry.fileSize
    }

    /// Adds a gap up to an offset that nothing leads to any more; false where everything before it was given.
    func addGap(upTo end: ByteOffset, to buffer: RunBuffer) -> Bool {
        guard progress.offset < end else { return false }
        addGap(end - progress.offset, to: buffer)
        return true
    }

    /// All files of the source, looked through when they are first needed.
    private func allFiles() throws -> SourceInventory {
        if let inventory { return inventory }
        let made = try SourceInventory(folder, paths: SegmentList(folder).paths)
        inventory = made
        return made
    }
}
