internal import Time

/// Counts the records that arrived at a time or later, from block trailers wherever a block lies on one side of that time.
struct RecordCount {
    let journal: Journal
    let source: SourceName
    let since: Timestamp

    func total() throws -> Int {
        let folder = journal.folder(of: source)
        let search = SegmentSearch(folder: folder)
        let first = try search.last { $0.nextArrival <= since }
        let cursor = SegmentCursor(folder, at: first ?? .first, newest: search.newestName())
        var count = 0
        var isFirst = true
        // Where the blocks end, and a place at or before the beginning of the line that they leave unfinished.
        var (end, lineStart) = (ByteOffset.zero, ByteOffset.zero)
        while true {
            // Blocks before the time are of no interest, so a sealed segment's are left out by halving.
            try cursor.leap(while: { $0.nextArrival <= since }, to: { $0.length > 0 })
            guard let item = try cursor.peek(checked: false) else { break }
            switch item {
            // What is gone here may stand elsewhere.
            case .damaged, .cut: return try inAllFiles()
            case .block(let location, let trailer):
                cursor.pass(location)
                if isFirst ? trailer.firstOffset > .zero && trailer.nextArrival > since : false {
                    return try inAllFiles()
                }
                isFirst = false
                // Numbers that disagree with offsets lead nowhere.
                if end > .zero, trailer.firstOffset < end, trailer.length > 0 { return try inAllFiles() }
                // A segment's opening block repeats what is known.
                guard trailer.endOffset > end else { continue }
                count += try records(in: trailer)
                (end, lineStart) = (trailer.endOffset, trailer.lineStart)
            }
        }
        return try count + records(behind: end, from: lineStart, to: .now)
    }

    /// Records that readers find wherever they stand, one by one.
    private func inAllFiles() throws -> Int {
        let reader = try RecordReader(journal: journal, source: source, from: .time(since), to: .now)
        var count = 0
        while let batch = try reader.nextBatch() {
            count += batch.records.count { $0.kind == .whole || $0.kind == .tooLong }
        }
        return count
    }

    /// Records that end in a block.
    private func records(in trailer: BlockTrailer) throws -> Int {
        guard let first = trailer.arrivals.first, let last = trailer.arrivals.last, last.time >= since else { return 0 }
        // Each record but the first takes two bytes of the block, whatever a damaged trailer says.
        if first.time >= since { return min(trailer.recordCount, (trailer.length + 1) / 2) }
        return try records(behind: trailer.firstOffset, from: trailer.lineStart, to: .offset(trailer.endOffset))
    }

    /// Records that end behind a place, read one by one.
    ///
    /// - Parameter start: a place at or before the beginning of the line that stands unfinished there.
    private func records(behind place: ByteOffset, from start: ByteOffset, to end: ReadEnd) throws -> Int {
        // A recorder has brought its tail into order before anybody counts.
        let reader = try RecordReader(
            journal: journal,
            source: source,
            from: .offset(start),
            to: end,
            looksBehindDamage: false
        )
        var count = 0
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.endOffset > place && mark.arrival >= since {
                // A record that ends behind the range is the next block's.
                if case .offset(let limit) = end, mark.endOffset > limit { return count }
                if mark.kind == .whole || mark.kind == .tooLong { count += 1 }
            }
        }
        return count
    }
}

extension BlockTrailer {
    /// Where the line begins that stands unfinished before the first byte; the first byte itself where none does.
    fileprivate var lineStart: ByteOffset { ByteOffset(rawValue: firstOffset.rawValue - UInt64(carried)) }
}
