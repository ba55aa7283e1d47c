internal import Files
internal import Glibc
internal import Time

/// Makes blocks of whole entries that stand behind damage in the tail, with a gap for each stretch that is gone.
struct TailRescue {
    private(set) var step: RepairStep
    /// The segment that the blocks went into; nil where nothing was written.
    private(set) var segment: SegmentID?

    /// Rescues what `TailCheck` found; the lock is held, and everything is durable on return.
    init(_ folder: SourceFolder, _ tail: TailCheck, behind blocks: SourceState, dryRun: Bool) throws {
        step = RepairStep(source: folder.source, file: "\(folder.source)/tail", action: .rescued)
        var end = blocks
        if let last = tail.following.last?.entry {
            end.endOffset = last.endOffset
            end.lastSequence = last.sequence
            end.nextArrival = last.arrival + .microseconds(1)
        }
        for entry in tail.beyond.map(\.entry) {
            if entry.sequence != end.lastSequence + 1 {
                step.gaps.append(
                    .init(
                        offset: end.endOffset,
                        bytes: entry.offset - end.endOffset,
                        from: end.arrivalBehind,
                        to: entry.arrival
                    )
                )
            }
            if entry.kind == .delivery { step.bytes += entry.length }
            end.endOffset = entry.endOffset
            end.lastSequence = entry.sequence
            end.nextArrival = entry.arrival + .microseconds(1)
        }
        if !dryRun { try write(folder, tail) }
    }

    private mutating func write(_ folder: SourceFolder, _ check: TailCheck) throws {
        let appender = try SegmentAppender(folder: folder, found: RecoveredSource(folder, last: nil))
        let tail = try WritableTail(folder)
        _ = try tail.drain(folder.source, into: appender)
        let builder = try BlockBuilder(source: folder.source, folder.geometry)
        let content = SlotContent(folder.geometry)
        var payload: [UInt8] = []
        var size = 0
        content.begin(after: appender.state)
        for (entry, position) in check.beyond.map({ ($0.entry, $0.position) }) {
            // The recorder's own look at the segments, which comes after the check's, may have found more than that.
            guard entry.sequence > content.state.lastSequence, entry.offset >= content.state.endOffset else { continue }
            let follows = entry.sequence == content.state.lastSequence + 1 && entry.offset == content.state.endOffset
            if !follows || size + entry.storedSize > folder.geometry.slotSize {
                try append(content, builder, appender)
                if !follows { try appender.append(gap(before: entry, appender.state, builder)) }
                content.begin(after: appender.state)
                size = 0
            }
            payload = [UInt8](repeating: 0, count: entry.length)
            guard try tail.file.readArray(into: &payload, at: position + TailEntry.headerSize) else { continue }
            payload.withUnsafeBytes { _ = content.add(entry, $0) }
            size += entry.storedSize
        }
        try append(content, builder, appender)
        try appender.openFile?.syncData()
        segment = appender.openSegment?.id
        try tail.renew()
    }

    private mutating func append(_ content: SlotContent, _ builder: BlockBuilder, _ appender: SegmentAppender) throws {
        guard !content.isEmpty else { return }
        try appender.append(try builder.build(content))
        step.blocks += 1
        step.records += content.recordCount
    }

    private func gap(
        before entry: TailEntry,
        _ state: SourceState,
        _ builder: BlockBuilder
    ) throws -> BlockBuilder.Block {
        try builder.gap(
            after: state,
            bytes: entry.offset - state.endOffset,
            sequence: entry.sequence - 1,
            nextArrival: max(state.nextArrival, min(entry.arrival, state.nextArrival + .microseconds(1)))
        )
    }
}
