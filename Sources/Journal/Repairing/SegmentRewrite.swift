internal import Files
internal import Glibc
internal import Time

/// Writes a segment anew with the whole blocks of its old file, each as it was, with what stands elsewhere of the rest, and gaps
/// for what is nowhere.
struct SegmentRewrite {
    private let folder: SourceFolder
    private let builder: BlockBuilder
    private let id: SegmentID
    private let oldPath: String?
    private let spare: SourceInventory
    /// What was kept and what is gone.
    private(set) var step: RepairStep
    /// Where the source stands behind it.
    private(set) var state: SourceState
    private(set) var inForce: EventsInForce
    private var pieces: [Piece] = []
    /// The line that stands unfinished before the first block, where that is one of an old file's and says so.
    private var firstCarried: Int?
    /// The block that stands last, where it is one of an old file's.
    private var lastKept: (BlockLocation, path: String)?

    /// A block of the new file: one of an old file's, or bytes of our own.
    private enum Piece {
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
        for (index, kept) in kept {
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
            keep(kept.location, kept.trailer, path: check?.path ?? "")
        }
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
    private mutating func begin(
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

    private mutating func keep(_ location: BlockLocation, _ trailer: BlockTrailer, path: String) {
        if pieces.isEmpty { firstCarried = trailer.carried }
        pieces.append(.old(location, path: path))
        pass(trailer)
        lastKept = (location, path)
    }

    /// Finds how much of a line the last kept block leaves unfinished; only what is written behind it has to know.
    private mutating func settleLine() throws {
        guard let (location, path) = lastKept else { return }
        lastKept = nil
        state.line = try LineCounter.behind(location, of: folder.disk.file(path))
    }

    private mutating func pass(_ trailer: BlockTrailer) {
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
    private mutating func fill(upTo next: BlockTrailer) throws {
        let before = state
        try fillFromElsewhere(upTo: next)
        // Events may be missing where no byte is; what was found shows that they are not.
        if next.firstOffset > state.endOffset || state == before { try addGap(upTo: next, next.firstOffset) }
    }

    private mutating func fillFromElsewhere(upTo next: BlockTrailer?) throws {
        let limit = next.map { SourceInventory.Limit($0) }
        while let found = spare.first(behind: state.endOffset, state.lastSequence, before: limit) {
            switch found {
            case .block(let block):
                guard block.firstOffset >= state.endOffset, limit.map({ block.endOffset <= $0.offset }) ?? true,
                    let trailer = try spare.open(block)
                else {
                    spare.drop(block)
                    continue
                }
                if trailer.firstOffset > state.endOffset { try addGap(upTo: trailer, trailer.firstOffset) }
                keep(block.location, trailer, path: block.path)
                step.rescuedBytes += trailer.length
            case .entry(let entry):
                if entry.entry.sequence != state.lastSequence + 1 || entry.entry.offset != state.endOffset {
                    try addGap(before: entry.entry)
                }
                try takeEntries(before: limit)
            }
        }
    }

    /// Makes a block of the entries that go on from here.
    private mutating func takeEntries(before limit: SourceInventory.Limit?) throws {
        try settleLine()
        let content = SlotContent(folder.geometry)
        content.begin(after: state)
        var size = 0
        while case .entry(let found) = spare.first(
            behind: content.state.endOffset,
            content.state.lastSequence,
            before: limit
        ), found.entry.sequence == content.state.lastSequence + 1, found.entry.offset == content.state.endOffset,
            size + found.entry.storedSize <= folder.geometry.slotSize
        {
            guard let payload = try spare.payload(of: found) else {
                spare.drop(found)
                break
            }
            payload.withUnsafeBytes { _ = content.add(found.entry, $0) }
            size += found.entry.storedSize
        }
        guard !content.isEmpty else { return }
        let block = try builder.build(content)
        pieces.append(Piece(block))
        let line = block.state.line
        pass(block.trailer)
        state.line = line
        step.rescuedBytes += block.trailer.length
    }

    private mutating func addGap(before entry: TailEntry) throws {
        try addGap(
            entry.offset - state.endOffset,
            sequence: entry.sequence - 1,
            nextArrival: max(state.nextArrival, min(entry.arrival, state.nextArrival + .microseconds(1))),
            to: entry.arrival
        )
    }

    private mutating func addGap(upTo next: BlockTrailer?, _ offset: ByteOffset) throws {
        guard offset >= state.endOffset else { return }
        // The next segment's first block says exactly how far its source had come.
        let isOpening = next.map { $0.length == 0 && $0.arrivals.isEmpty && $0.firstOffset == offset } ?? false
        // Elsewhere at least one entry is gone, and nothing that follows may seem to be before it.
        let oneMore = SourceState(
            lastSequence: min(next?.lastSequence ?? UInt64.max, state.lastSequence + 1),
            nextArrival: min(next?.earliest ?? Timestamp(rawValue: Int64.max), state.nextArrival + .microseconds(1))
        )
        try addGap(
            offset - state.endOffset,
            sequence: max(state.lastSequence, isOpening ? next?.lastSequence ?? 0 : oneMore.lastSequence),
            nextArrival: max(
                state.nextArrival,
                isOpening ? next?.nextArrival ?? state.nextArrival : oneMore.nextArrival
            ),
            to: next?.earliest
        )
    }

    private mutating func addGap(_ bytes: Int, sequence: UInt64, nextArrival: Timestamp, to: Timestamp?) throws {
        if bytes == 0 { try settleLine() }
        let block = try builder.gap(after: state, bytes: bytes, sequence: sequence, nextArrival: nextArrival)
        step.gaps.append(.init(offset: state.endOffset, bytes: bytes, from: state.arrivalBehind, to: to))
        pieces.append(Piece(block))
        inForce.add(block.trailer.events)
        state = block.state
        lastKept = nil
    }

    /// Writes the new file beside the old one, reads it back, puts the old one aside and gives the new one the segment's name.
    ///
    /// At every moment all blocks stand in a file that readers and the next repair look into.
    mutating func write(sealed: Bool) throws {
        let path = "\(folder.path)/\(id.digits).repair"
        let file = try folder.disk.file(path, O_RDWR | O_CREAT | O_TRUNC)
        var table = SeekTable()
        var position = 0
        var old: FileHandle?
        for piece in pieces {
            switch piece {
            case .old(let location, let path):
                if old?.path != path { old = try folder.disk.file(path) }
                var buffer = [UInt8](repeating: 0, count: location.storedSize)
                guard let old, try old.readArray(into: &buffer, at: location.start) else {
                    throw JournalError(.corrupt, "\(path) has changed while it was repaired; nothing was replaced")
                }
                try buffer.withUnsafeBytes { try file.write($0, at: position) }
                table.add(frame: location.frameSize, location.contentSize, trailer: location.trailerSize)
                position += location.storedSize
            case .new(let frame, let trailer, let contentSize):
                try (frame + trailer).withUnsafeBytes { try file.write($0, at: position) }
                table.add(frame: frame.count, contentSize, trailer: trailer.count)
                position += frame.count + trailer.count
            }
        }
        if sealed { try table.encode().withUnsafeBytes { try file.write($0, at: position) } }
        try file.sync()
        try verify(path, sealed: sealed)
        let final = sealed ? folder.sealed(id) : folder.open(id)
        let moving = "\(final).\(SegmentList.movingSuffix)"
        try folder.disk.renameDurably(path, to: moving)
        if let oldPath { step.keptAs = try SetAside(folder: folder).put(oldPath, .damaged) }
        try folder.disk.renameDurably(moving, to: final)
    }

    /// Compares the new file as the disk has it with what it is to hold.
    private func verify(_ path: String, sealed: Bool) throws {
        try folder.disk.file(path, O_RDWR).syncAndReread()
        let check = try SegmentCheck(folder, id, isSealed: sealed, path: path, buffer: nil)
        guard check.damage.isEmpty, check.rest == nil, check.kept.count == pieces.count,
            check.last?.endOffset == state.endOffset
        else {
            throw JournalError(
                .io,
                "\(path) does not read back as it was written; nothing was replaced; look at the disk, then repair again"
            )
        }
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
