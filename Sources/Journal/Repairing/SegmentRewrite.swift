internal import Files
internal import Glibc
internal import Time

/// Writes a segment anew with the whole blocks of its old file, each as it was, with what stands elsewhere of the rest, and gaps
/// for what is nowhere.
struct SegmentRewrite {
    let folder: SourceFolder
    let builder: BlockBuilder
    let id: SegmentID
    let oldPath: String?
    let spare: SourceInventory
    /// What was kept and what is gone.
    var step: RepairStep
    /// Where the source stands behind it.
    var state: SourceState
    var inForce: EventsInForce
    var pieces: [Piece] = []
    /// The line that stands unfinished before the first block, where that is one of an old file's and says so.
    var firstCarried: Int?
    /// The block that stands last, where it is one of an old file's.
    var lastKept: (BlockLocation, path: String)?

    /// What its blocks hold.
    var held: [HeldBlock] = []
    /// What stands behind has this sequence: a block from elsewhere that has it too, or a higher one, is of another history.
    var sequenceLimit: UInt64

    /// A block of the new file: one of an old file's, or bytes of our own.
    enum Piece {
        case old(BlockLocation, path: String)
        case new(frame: [UInt8], trailer: [UInt8], contentSize: Int)

        init(_ block: BlockBuilder.Block) {
            self = .new(frame: Array(block.frame), trailer: block.trailerFrame, contentSize: block.trailer.length)
        }
    }

    /// Plans a segment.
    ///
    /// - Parameters:
    ///   - check: the old file; nil where there is none.
    ///   - before: where the source stands before it, and what is in force there.
    ///   - next: the first whole block behind it, in another segment; nil where none is known.
    ///   - nextSequence: the sequence of the first block behind it that holds anything.
    ///   - end: where the source is known to have come with this segment, where nothing follows.
    ///   - isUnknown: whether nobody knows what the segment held.
    ///   - spare: what may hold the rest.
    init(
        _ folder: SourceFolder,
        _ id: SegmentID,
        _ check: SegmentCheck?,
        before: SourceState,
        _ inForce: EventsInForce,
        next: BlockTrailer?,
        nextSequence: UInt64,
        end: ByteOffset?,
        isUnknown: Bool,
        spare: SourceInventory
    ) throws {
        self.folder = folder
        self.id = id
        self.spare = spare
        oldPath = check?.path
        builder = try BlockBuilder(source: folder.source, folder.geometry)
        state = before
        sequenceLimit = nextSequence
        self.inForce = inForce
        step = RepairStep(
            source: folder.source,
            file: check?.name ?? "\(folder.source)/\(id.digits).zst",
            action: check == nil ? .made : .rewritten
        )
        let kept = (check?.kept ?? []).enumerated().filter { $0.element.trailer.source == folder.source }
        let first = kept.first?.element
        let opening = first.flatMap { first in
            first.location.start == 0 && first.trailer.length == 0 && first.trailer.firstOffset == state.endOffset
                && first.trailer.lastSequence == state.lastSequence ? first : nil
        }
        if let opening { state.line = LineCounter(unfinished: opening.trailer.carried) }
        var damaged = Set((check?.damage ?? []).map(\.after))
        let limits = SegmentRewrite.sequences(from: kept.map(\.element), nextSequence)
        for ((index, kept), limit) in zip(kept, limits) {
            sequenceLimit = limit
            // The opening block only repeats.
            let isOpening = kept.location.start == 0 && kept.trailer.length == 0
            let isGap = damaged.remove(index) != nil || kept.trailer.firstOffset > state.endOffset
            // Where nothing is missing at a segment's beginning, only its opening block was damaged.
            let isLossless = index == 0 && kept.trailer.firstOffset == state.endOffset
            if isGap && !isOpening && !isLossless { try fill(upTo: kept.trailer) }
            if isOpening {
                if isGap, kept.trailer.firstOffset > state.endOffset { try fill(upTo: kept.trailer) }
                continue
            }
            // What stands twice is kept once.
            guard kept.trailer.firstOffset == state.endOffset, kept.trailer.lastSequence > state.lastSequence else {
                continue
            }
            if try !fillGap(kept.trailer) { keep(kept.location, kept.trailer, path: check?.path ?? "") }
        }
        sequenceLimit = nextSequence
        if let next {
            let isGone = next.firstOffset > state.endOffset || next.lastSequence > state.lastSequence
            if isGone { try fill(upTo: next) }
        } else if let end, end > state.endOffset || !damaged.isEmpty || isUnknown {
            let before = state
            try fillFromElsewhere(upTo: nil)
            // Where the rest of a damaged end stood elsewhere, that is all that is known of.
            if end > state.endOffset || state == before { try addGap(upTo: nil, max(end, state.endOffset)) }
        }
        try settleLine()
        try begin(with: opening, of: check, before, inForce)
    }

    /// Puts the first block before the others: the old one where that is whole, or one that repeats the same.
    mutating func begin(
        with opening: SegmentCheck.Kept?,
        of check: SegmentCheck?,
        _ before: SourceState,
        _ inForce: EventsInForce
    ) throws {
        if let opening, let path = check?.path {
            pieces.insert(.old(opening.location, path: path), at: 0)
        } else {
            var start = before
            if let firstCarried { start.line = LineCounter(unfinished: firstCarried) }
            pieces.insert(Piece(try builder.opening(state: start, inForce: inForce.events)), at: 0)
        }
    }

    mutating func keep(_ location: BlockLocation, _ trailer: BlockTrailer, path: String) {
        if pieces.isEmpty { firstCarried = trailer.carried }
        if let block = HeldBlock(location, trailer) { held.append(block) }
        pieces.append(.old(location, path: path))
        pass(trailer)
        lastKept = (location, path)
    }

    /// Finds how much of a line the last kept block leaves unfinished; only what is written behind it has to know.
    mutating func settleLine() throws {
        guard let (location, path) = lastKept else { return }
        lastKept = nil
        state.line = try LineCounter.behind(location, of: folder.disk.file(path))
    }

    mutating func pass(_ trailer: BlockTrailer) {
        state.endOffset = trailer.endOffset
        state.lastSequence = trailer.lastSequence
        state.nextArrival = trailer.nextArrival
        state.line = LineCounter()
        lastKept = nil
        inForce.add(trailer.events)
        step.blocks += 1
        step.bytes += trailer.length
        step.records += trailer.recordCount
    }

    /// Puts in what stands elsewhere of a hole, and gaps for the rest.
    mutating func fill(upTo next: BlockTrailer) throws {
        let before = state
        try fillFromElsewhere(upTo: next)
        // Events may be missing where no byte is; what was found shows that they are not.
        if next.firstOffset > state.endOffset || state == before { try addGap(upTo: next, next.firstOffset) }
    }
}

extension BlockTrailer {
    /// The earliest time that anything in the block, or behind it, has.
    var earliest: Timestamp {
        let times = [arrivals.first?.time, length > 0 || !arrivals.isEmpty ? events.first?.time : nil, nextArrival]
        return times.compactMap { $0 }.min() ?? nextArrival
    }
}

extension SourceState {
    /// Whether a recorder can go on here for good: all that comes behind stays within what readers believe.
    var isWithinReach: Bool {
        endOffset.rawValue <= ByteOffset.limit.rawValue / 2 && lastSequence <= TailEntry.sequenceRange.upperBound / 2
    }

    /// The earliest time that something behind it can have; nil at a source's beginning.
    var arrivalBehind: Timestamp? { lastSequence == 0 ? nil : nextArrival }
}
