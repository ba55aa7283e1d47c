internal import Time

/// What a tail slot holds, moved together as it will stand in a block, with everything the block's trailer says of it.
///
/// The writer fills it beside the slot itself; recovery fills it from the slot. One owner at a time, handed on under the lock.
final class SlotContent {
    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes since the last delivery that completed a line.
    private var folded = 0
    /// Where the source stood before the first entry.
    private(set) var previous = SourceState()
    /// Where it stands behind the last.
    private(set) var state = SourceState()
    private(set) var recordCount = 0
    private(set) var arrivals: [BlockTrailer.Arrival] = []
    private(set) var events: [JournalEvent] = []

    init(_ geometry: TailGeometry) {
        memory = .allocate(byteCount: geometry.slotSize, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// The bytes of all deliveries.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[0..<state.endOffset - previous.endOffset])
    }

    /// Whether no entry is in it.
    var isEmpty: Bool { state.lastSequence == previous.lastSequence }

    /// Forgets everything: what comes next goes on from there.
    func begin(after state: SourceState) {
        previous = state
        self.state = state
        folded = 0
        recordCount = 0
        arrivals.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
    }

    /// Adds the entry that goes on exactly from the last; all entries of one slot fit.
    ///
    /// - Returns: how many lines end in it, and how many of those are records.
    @discardableResult
    func add(_ entry: TailEntry, _ payload: UnsafeRawBufferPointer) -> (lines: Int, records: Int) {
        precondition(
            entry.sequence == state.lastSequence + 1 && entry.offset == state.endOffset,
            "an entry out of order"
        )
        var counts = (lines: 0, records: 0)
        switch entry.kind {
        case .delivery:
            let length = state.endOffset - previous.endOffset
            UnsafeMutableRawBufferPointer(rebasing: memory[length..<length + payload.count])
                .copyMemory(from: payload)
            let taken = state.line.take(payload)
            counts = (taken.lines, taken.records)
            recordCount += taken.records
            folded += payload.count
            if taken.lines > 0 {
                arrivals.append(.init(time: entry.arrival, length: folded))
                folded = 0
            }
        case .event:
            let event = JournalEvent(offset: entry.offset, time: entry.arrival, json: Array(payload))
            if event.endsLine { state.line.breakLine() }
            events.append(event)
        }
        state.endOffset = entry.endOffset
        state.lastSequence = entry.sequence
        state.nextArrival = entry.arrival + .microseconds(max(1, counts.lines))
        return counts
    }

    /// Adds the entries at the start of a slot's bytes that go on exactly from the last, each checked against its checksum.
    func add(slot: UnsafeRawBufferPointer) {
        var position = 0
        while position < slot.count, let entry = TailEntry.parse(UnsafeRawBufferPointer(rebasing: slot[position...])),
            entry.sequence == state.lastSequence + 1, entry.offset == state.endOffset
        {
            add(
                entry,
                UnsafeRawBufferPointer(rebasing: slot[position + TailEntry.headerSize..<position + entry.storedSize])
            )
            position += entry.storedSize
        }
    }
}
