internal import Files
internal import Glibc
internal import Time

/// Makes blocks of every whole entry of the tail that is in none, also behind damage, with a gap for each stretch that is gone and
/// for what a tail held that is missing or was cut, and empties the tail when all that it holds stands in blocks.
struct TailRescue {
    /// What was done besides what every start does; nil where every entry went on from the one before.
    private(set) var step: RepairStep?
    /// Bytes of stream that are in blocks now and were not before.
    private(set) var recoveredBytes = 0

    /// The tail, which is empty now.
    private(set) var tail: WritableTail
    /// The open segment behind it; nil where the next block begins one.
    private(set) var openSegment: SegmentID?

    /// What the old tail is called now, where it was kept.
    private(set) var keptAs: String?

    /// Brings the tail into blocks; the lock is held, and everything is durable on return.
    ///
    /// - Parameters:
    ///   - isEndUnknown: whether the newest file could not be read: if the tail does not go on, something is lost.
    ///   - keepsTail: whether it holds what stands in no block and cannot be brought into one.
    init(
        _ folder: SourceFolder,
        into appender: SegmentAppender,
        isEndUnknown: Bool = false,
        keepsTail: Bool = false
    ) throws {
        // A source that was begun has a tail of full length; of one that is missing or cut nobody knows what else it held.
        let size = try folder.openTail()?.size() ?? 0
        let isCut = appender.state.lastSequence > 0 && size < folder.geometry.fileSize
        tail = try WritableTail(folder)
        for trailer in try tail.drain(folder.source, into: appender) { recoveredBytes += trailer.length }
        let rest = TailCheck(try TailCheck.allEntries(folder), behind: appender.state)
        if !rest.following.isEmpty || !rest.beyond.isEmpty { try append(rest, folder, tail, appender) }
        if isCut || isEndUnknown && recoveredBytes == 0 && step == nil {
            let end = appender.state
            step = TailRescue.cut(step, behind: end, of: folder.source)
            let builder = try BlockBuilder(source: folder.source, folder.geometry)
            try appender.append(
                builder.gap(
                    after: end,
                    bytes: 0,
                    sequence: end.lastSequence + 1,
                    nextArrival: end.nextArrival + .microseconds(1)
                )
            )
        }
        try appender.openFile?.syncData()
        if keepsTail {
            keptAs = try SetAside(folder: folder).put(folder.tail, .kept)
            tail = try WritableTail(folder)
        } else {
            try tail.renew(behind: appender.state, folder)
        }
        openSegment = appender.openSegment?.id
    }

    private mutating func append(
        _ check: TailCheck,
        _ folder: SourceFolder,
        _ tail: WritableTail,
        _ appender: SegmentAppender
    ) throws {
        try TailRescue.refuseExtremes(check, folder)
        if !check.beyond.isEmpty {
            step = TailRescue.plan(check, behind: appender.state, of: folder.source)
            step?.blocks = 0
        }
        let builder = try BlockBuilder(source: folder.source, folder.geometry)
        let content = SlotContent(folder.geometry)
        var payload: [UInt8] = []
        var size = 0
        content.begin(after: appender.state)
        for (entry, position) in (check.following + check.beyond).map({ ($0.entry, $0.position) }) {
            let follows = entry.sequence == content.state.lastSequence + 1 && entry.offset == content.state.endOffset
            if !follows || size + entry.storedSize > folder.geometry.slotSize {
                try append(content, builder, appender)
                if !follows { try appender.append(TailRescue.gap(before: entry, appender.state, builder)) }
                content.begin(after: appender.state)
                size = 0
            }
            payload = [UInt8](repeating: 0, count: entry.length)
            guard try tail.file.readArray(into: &payload, at: position + TailEntry.headerSize) else { continue }
            payload.withUnsafeBytes { _ = content.add(entry, $0) }
            size += entry.storedSize
        }
        try append(content, builder, appender)
    }

    private mutating func append(_ content: SlotContent, _ builder: BlockBuilder, _ appender: SegmentAppender) throws {
        guard !content.isEmpty else { return }
        recoveredBytes += content.bytes.count
        step?.blocks += 1
        step?.records += content.recordCount
        try appender.append(try builder.build(content))
    }

    /// - Throws: `corrupt` where the tail says that the source has come so far that readers would not believe what is written
    ///   behind it.
    private static func refuseExtremes(_ check: TailCheck, _ folder: SourceFolder) throws(JournalError) {
        guard let last = (check.following + check.beyond).last?.entry else { return }
        var state = SourceState()
        (state.endOffset, state.lastSequence) = (last.endOffset, last.sequence)
        guard !state.isWithinReach else { return }
        throw JournalError(
            .corrupt,
            "\(folder.tail): an entry says that the source ends at byte \(last.endOffset) with entry \(last.sequence), where "
                + "no recorder gets; move the tail away, and 'reprise journal repair' goes on without it"
        )
    }

    /// What there is to rescue, and what is gone.
    static func plan(_ tail: TailCheck, behind blocks: SourceState, of source: SourceName) -> RepairStep {
        var step = RepairStep(source: source, file: "\(source)/tail", action: .rescued)
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
        step.rescuedBytes = step.bytes
        return step
    }

    /// What was done with a tail that was missing or cut, or would be.
    static func cut(_ step: RepairStep?, behind end: SourceState, of source: SourceName) -> RepairStep {
        var step = step ?? RepairStep(source: source, file: "\(source)/tail", action: .made)
        step.gaps.append(.init(offset: end.endOffset, bytes: 0, from: end.arrivalBehind, to: nil))
        return step
    }

    private static func gap(
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
