internal import Files
internal import Time

/// How a reader comes to the place where its range begins, by trailers alone.
extension RunReader {
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
    func block(
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
}
