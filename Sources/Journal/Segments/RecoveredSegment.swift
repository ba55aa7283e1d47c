internal import Files
internal import Glibc

/// What a walk over a segment's blocks found: everything needed to go on behind them.
struct RecoveredSegment {
    let id: SegmentID
    let file: FileHandle
    var table = SeekTable()
    var facts: SegmentFacts
    var inForce = EventsInForce()
    var state = SourceState()
    /// Stretches for which a gap stands.
    var gaps: [Range<ByteOffset>] = []
    /// Whether the walk ended at the end of the file or at its seek table, not at something that is no block.
    var endsCleanly = false

    /// Walks a segment from its beginning to the last whole block and checks every one.
    ///
    /// Reads every stored byte once and decompresses only the last block, for the line it leaves unfinished. Nothing is
    /// changed.
    ///
    /// - Parameter isSealed: whether it has its final name; if not, it is opened for writing.
    static func walk(_ folder: SourceFolder, _ id: SegmentID, isSealed: Bool) throws -> RecoveredSegment {
        let file = try isSealed ? folder.disk.file(folder.sealed(id)) : folder.disk.file(folder.open(id), O_RDWR)
        var found = RecoveredSegment(id: id, file: file, facts: SegmentFacts(id: id))
        let reader = BlockReader()
        // Without content, too: it says what line was carried over it, and which events ended it.
        var last: BlockLocation?
        while let location = try BlockLocation.find(in: file, at: found.facts.storedBytes),
            let trailer = try reader.trailer(location, in: file),
            found.facts.blockCount == 0 || found.continues(with: trailer)
        {
            found.add(trailer, location)
            last = location
        }
        if let last { found.state.line = try LineCounter.behind(last, of: file) }
        found.endsCleanly = try file.size() == found.facts.storedBytes || SeekTable.read(from: file) == found.table
        return found
    }

    private func continues(with trailer: BlockTrailer) -> Bool {
        trailer.firstOffset == state.endOffset && trailer.lastSequence >= state.lastSequence
            && trailer.nextArrival >= state.nextArrival
    }

    private mutating func add(_ trailer: BlockTrailer, _ location: BlockLocation) {
        table.add(frame: location.frameSize, location.contentSize, trailer: location.trailerSize)
        facts.add(trailer, storedSize: location.storedSize)
        inForce.add(trailer.events)
        if let gap = trailer.gap { gaps.append(gap) }
        state.endOffset = trailer.endOffset
        state.lastSequence = trailer.lastSequence
        state.nextArrival = trailer.nextArrival
    }
}
