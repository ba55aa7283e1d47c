internal import Time

/// What takes the place of what is damaged: what stands elsewhere of it, and gaps for the rest.
extension SegmentRewrite {
    /// Of the blocks of a file, the sequence of the first that holds anything, from each of them on.
    static func sequences(from kept: [SegmentCheck.Kept], _ nextSequence: UInt64) -> [UInt64] {
        var (limit, limits) = (nextSequence, [UInt64]())
        for kept in kept.reversed() {
            limit = HeldBlock(kept.location, kept.trailer)?.lastSequence ?? limit
            limits.append(limit)
        }
        return limits.reversed()
    }

    /// Puts what stands elsewhere into a gap that an earlier repair stored; false where nothing does.
    mutating func fillGap(_ gap: BlockTrailer) throws -> Bool {
        let range = gap.firstOffset..<gap.endOffset
        guard gap.isGap, gap.missing > 0,
            try spare.fits(into: range, behind: state.lastSequence, before: sequenceLimit)
        else { return false }
        try fillFromElsewhere(before: SourceInventory.Limit(endOf: gap))
        guard gap.endOffset > state.endOffset else { return true }
        let oneMore = state.lastSequence + 1 < sequenceLimit ? state.lastSequence + 1 : state.lastSequence
        try addGap(
            gap.endOffset - state.endOffset,
            sequence: max(oneMore, gap.lastSequence),
            nextArrival: max(state.nextArrival, gap.nextArrival),
            to: nil
        )
        return true
    }

    mutating func fillFromElsewhere(upTo next: BlockTrailer?) throws {
        try fillFromElsewhere(before: next.map { SourceInventory.Limit($0) })
    }

    private mutating func fillFromElsewhere(before limit: SourceInventory.Limit?) throws {
        while let found = spare.first(behind: state.endOffset, state.lastSequence, before: limit) {
            switch found {
            case .block(let block):
                guard block.firstOffset >= state.endOffset, limit.map({ block.endOffset <= $0.offset }) ?? true,
                    block.lastSequence < sequenceLimit,
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
    mutating func takeEntries(before limit: SourceInventory.Limit?) throws {
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
        held += HeldBlock(block.trailer).map { [$0] } ?? []
        pass(block.trailer)
        state.line = line
        step.rescuedBytes += block.trailer.length
    }

    mutating func addGap(before entry: TailEntry) throws {
        try addGap(
            entry.offset - state.endOffset,
            sequence: entry.sequence - 1,
            nextArrival: max(state.nextArrival, min(entry.arrival, state.nextArrival + .microseconds(1))),
            to: entry.arrival
        )
    }

    mutating func addGap(upTo next: BlockTrailer?, _ offset: ByteOffset) throws {
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

    mutating func addGap(_ bytes: Int, sequence: UInt64, nextArrival: Timestamp, to: Timestamp?) throws {
        if bytes == 0 { try settleLine() }
        let block = try builder.gap(after: state, bytes: bytes, sequence: sequence, nextArrival: nextArrival)
        step.gaps.append(.init(offset: state.endOffset, bytes: bytes, from: state.arrivalBehind, to: to))
        pieces.append(Piece(block))
        inForce.add(block.trailer.events)
        state = block.state
        lastKept = nil
    }
}
