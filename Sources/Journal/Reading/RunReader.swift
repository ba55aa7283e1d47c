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
    private(set) var progress: ReadProgress

    /// Starts before the first block of a segment, or before the tail where the source has none yet.
    init(_ folder: SourceFolder, at segment: SegmentID?) throws {
        self.folder = folder
        cursor = try SegmentCursor(folder, at: segment ?? .first)
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

    /// Passes blocks that end before a time, but for the last with content: it may hold the beginning of the first record.
    func skip(beforeArrival time: Timestamp) throws {
        var passed: (BlockLocation, SegmentID)?
        while case .block(let location, let trailer) = try block(
            while: { $0.nextArrival <= time },
            wanted: { $0.length > 0 }
        ), trailer.nextArrival <= time {
            if trailer.length > 0 { passed = (location, cursor.id) }
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
        if try readTail(into: buffer) { return true }
        while let item = try cursor.peek(checked: true) {
            switch item {
            case .block(let location, let trailer):
                defer { cursor.pass(location) }
                if try read(trailer, location, into: buffer) { return true }
            case .damaged(let contentSize):
                try cursor.passDamaged()
                let end = (blocksEnd ?? progress.offset) + contentSize
                blocksEnd = end
                // What was read from the tail before is not missing.
                if progress.sequence != nil && end <= progress.offset { continue }
                addGap(end - progress.offset, to: buffer)
                return true
            case .cut:
                addGap(0, to: buffer)
                return true
            }
        }
        return false
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
        guard let tail, try tail.read(&progress, into: buffer) else { return false }
        tailIsUnsynced = true
        isBehindGap = false
        return true
    }

    /// Appends what is new in a block; false where nothing is.
    private func read(_ trailer: BlockTrailer, _ location: BlockLocation, into buffer: RunBuffer) throws -> Bool {
        let isFirst = progress.sequence == nil
        blocksEnd = trailer.endOffset
        if let sequence = progress.sequence, trailer.lastSequence <= sequence { return false }
        if isFirst || isBehindGap {
            buffer.begin(at: trailer.firstOffset, missingHead: trailer.carried, isHeadLost: isBehindGap)
        }
        isBehindGap = false
        guard trailer.firstOffset <= buffer.endOffset, trailer.endOffset >= buffer.endOffset else {
            throw JournalError(
                .corrupt,
                "\(folder.path): a block begins at \(trailer.firstOffset), but the bytes before it end at "
                    + "\(buffer.endOffset)"
            )
        }
        let known = buffer.endOffset - trailer.firstOffset
        let start = buffer.length
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
        progress = ReadProgress(
            offset: trailer.endOffset,
            sequence: trailer.lastSequence,
            time: Timestamp(rawValue: trailer.nextArrival.rawValue - 1)
        )
        return true
    }

    /// Damage costs its block alone: the bytes are passed over and a gap event stands for them.
    private func addGap(_ contentSize: Int, to buffer: RunBuffer) {
        let json = EventValue.event(
            kind: EventKind.gap,
            fields: [("why", .string("damaged")), ("bytes", .integer(Int64(contentSize)))]
        )
        buffer.add(JournalEvent(offset: buffer.endOffset, time: progress.time, json: json))
        isBehindGap = true
        progress.offset = buffer.endOffset + contentSize
        progress.sequence = progress.sequence ?? 0
    }
}
