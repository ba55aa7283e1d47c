internal import Files
internal import Glibc
internal import Time

/// Writes a segment anew with the whole blocks of its old file, each as it was, and gaps where blocks are gone.
struct SegmentRewrite {
    private let folder: SourceFolder
    private let builder: BlockBuilder
    private let id: SegmentID
    /// What was kept and what is gone.
    private(set) var step: RepairStep
    /// Where the source stands behind it.
    private(set) var state: SourceState
    private(set) var inForce: EventsInForce
    private var pieces: [Piece] = []

    /// A block of the new file: one of the old file's, or bytes of our own.
    private enum Piece {
        case old(SegmentCheck.Kept)
        case new(frame: [UInt8], trailer: [UInt8])

        init(_ block: BlockBuilder.Block) { self = .new(frame: Array(block.frame), trailer: block.trailerFrame) }
    }

    /// Plans a segment.
    ///
    /// - Parameters:
    ///   - check: the old file; nil where there is none.
    ///   - before: where the source stands before it, and what is in force there.
    ///   - next: the first whole block behind it, in another segment; nil where none is known.
    ///   - end: where the source is known to have come with this segment, where nothing follows.
    init(
        _ folder: SourceFolder,
        _ id: SegmentID,
        _ check: SegmentCheck?,
        before: SourceState,
        _ inForce: EventsInForce,
        next: BlockTrailer?,
        end: ByteOffset?
    ) throws {
        self.folder = folder
        self.id = id
        builder = try BlockBuilder(source: folder.source, folder.geometry)
        state = before
        self.inForce = inForce
        step = RepairStep(
            source: folder.source,
            file: check?.name ?? "\(folder.source)/\(id.digits).zst",
            action: check == nil ? .made : .rewritten
        )
        if let first = check?.kept.first, first.location.start == 0, first.trailer.length == 0,
            first.trailer.firstOffset == state.endOffset, first.trailer.lastSequence == state.lastSequence
        {
            pieces.append(.old(first))
        } else {
            if let first = check?.first, first.firstOffset == state.endOffset {
                state.line = LineCounter(unfinished: first.carried)
            }
            pieces.append(Piece(try builder.opening(state: state, inForce: inForce.events)))
        }
        var damaged = Set((check?.damage ?? []).map(\.after))
        for (index, kept) in (check?.kept ?? []).enumerated() {
            // The opening block only repeats.
            let isOpening = kept.location.start == 0 && kept.trailer.length == 0
            let isGap = damaged.remove(index) != nil || kept.trailer.firstOffset > state.endOffset
            // Where nothing is missing at a segment's beginning, only its opening block was damaged.
            let isLossless = index == 0 && kept.trailer.firstOffset == state.endOffset
            if isGap && !isOpening && !isLossless { try addGap(upTo: kept.trailer, kept.trailer.firstOffset) }
            if isOpening { continue }
            // What stands twice is kept once.
            guard kept.trailer.firstOffset == state.endOffset, kept.trailer.lastSequence > state.lastSequence else {
                continue
            }
            keep(kept)
        }
        if let next {
            let isGone = next.firstOffset > state.endOffset || next.lastSequence > state.lastSequence
            if isGone { try addGap(upTo: next, next.firstOffset) }
        } else if let end, end > state.endOffset || !damaged.isEmpty {
            try addGap(upTo: nil, max(end, state.endOffset))
        }
    }

    private mutating func keep(_ kept: SegmentCheck.Kept) {
        pieces.append(.old(kept))
        state.endOffset = kept.trailer.endOffset
        state.lastSequence = kept.trailer.lastSequence
        state.nextArrival = kept.trailer.nextArrival
        state.line = LineCounter()
        inForce.add(kept.trailer.events)
        step.blocks += 1
        step.bytes += kept.trailer.length
        step.records += kept.trailer.recordCount
    }

    private mutating func addGap(upTo next: BlockTrailer?, _ offset: ByteOffset) throws {
        guard offset >= state.endOffset else { return }
        let bytes = offset - state.endOffset
        // The next segment's first block says exactly how far its source had come.
        let isOpening = next.map { $0.length == 0 && $0.arrivals.isEmpty && $0.firstOffset == offset } ?? false
        // Elsewhere at least one entry is gone, and nothing that follows may seem to be before it.
        let oneMore = SourceState(
            lastSequence: min(next?.lastSequence ?? UInt64.max, state.lastSequence + 1),
            nextArrival: min(next?.earliest ?? Timestamp(rawValue: Int64.max), state.nextArrival + .microseconds(1))
        )
        let block = try builder.gap(
            after: state,
            bytes: bytes,
            sequence: max(state.lastSequence, isOpening ? next?.lastSequence ?? 0 : oneMore.lastSequence),
            nextArrival: max(
                state.nextArrival,
                isOpening ? next?.nextArrival ?? state.nextArrival : oneMore.nextArrival
            )
        )
        step.gaps.append(.init(offset: state.endOffset, bytes: bytes, from: state.arrivalBehind, to: next?.earliest))
        pieces.append(Piece(block))
        inForce.add(block.trailer.events)
        state = block.state
    }

    /// Writes the new file beside the old one and gives it the segment's name: first durable, then there.
    ///
    /// - Parameter old: the file that the kept blocks are in.
    func write(sealed: Bool, from old: FileHandle?) throws {
        let path = "\(folder.path)/\(id.digits).repair"
        let file = try folder.disk.file(path, O_RDWR | O_CREAT | O_TRUNC)
        var table = SeekTable()
        var position = 0
        var buffer: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .old(let kept):
                buffer = [UInt8](repeating: 0, count: kept.location.storedSize)
                guard let old, try old.readArray(into: &buffer, at: kept.location.start) else {
                    throw JournalError(.corrupt, "\(step.file) has changed while it was repaired; nothing was replaced")
                }
                try buffer.withUnsafeBytes { try file.write($0, at: position) }
                table.add(frame: kept.location.frameSize, kept.location.contentSize, trailer: kept.location.trailerSize)
                position += kept.location.storedSize
            case .new(let frame, let trailer):
                try (frame + trailer).withUnsafeBytes { try file.write($0, at: position) }
                table.add(frame: frame.count, 0, trailer: trailer.count)
                position += frame.count + trailer.count
            }
        }
        if sealed { try table.encode().withUnsafeBytes { try file.write($0, at: position) } }
        try file.sync()
        try folder.disk.renameDurably(path, to: sealed ? folder.sealed(id) : folder.open(id))
        if sealed { try folder.disk.removeIfPresent(folder.open(id)) }
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
    /// The earliest time that something behind it can have; nil at a source's beginning.
    var arrivalBehind: Timestamp? { lastSequence == 0 ? nil : nextArrival }
}
