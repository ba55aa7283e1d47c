internal import Files
public import Time

/// When a writer ends segments and syncs.
public struct JournalWriterConfiguration: Sendable {
    /// Bytes of stream after which a segment is ended at the next LF.
    public var segmentByteLimit: Int
    /// Time after which a segment is ended at the next LF.
    public var segmentAgeLimit: Duration
    /// The longest time between two syncs of the tail: what a power cut may take.
    public var syncInterval: Duration
    /// Whether a clock that is far behind the last arrival is taken for one that was ahead then: arrivals go on from the later time.
    public var acceptsClock: Bool

    /// Makes a configuration; the defaults are 512 MiB of stream, a day, and 200 ms.
    public init(
        segmentByteLimit: Int = 512 << 20,
        segmentAgeLimit: Duration = .seconds(86_400),
        syncInterval: Duration = .milliseconds(200),
        acceptsClock: Bool = false
    ) {
        self.segmentByteLimit = max(1, segmentByteLimit)
        self.segmentAgeLimit = segmentAgeLimit
        self.syncInterval = syncInterval
        self.acceptsClock = acceptsClock
    }
}

/// What a writer has done since it was opened.
public struct JournalStatistics: Sendable, Equatable {
    /// Bytes of stream that were appended.
    public internal(set) var bytes = 0
    /// Lines that ended and were not blank.
    public internal(set) var records = 0
    /// Deliveries appended.
    public internal(set) var deliveries = 0
    /// The newest arrival, or nil before the first.
    public internal(set) var lastArrival: Timestamp?
    /// Bytes of stream that a process before this one had left in the tail, and that are in blocks now.
    public internal(set) var recoveredBytes = 0
    /// Bytes of stream in the blocks that were appended.
    public internal(set) var blockBytes = 0
    /// Bytes that those blocks take on disk.
    public internal(set) var storedBytes = 0
    /// What was damaged at the start: what was kept, what was rescued, and what is gone, file by file.
    public internal(set) var repairs: [RepairStep] = []
    /// What else was found at the start that an operator should know, in words.
    public internal(set) var notes: [String] = []
    /// Damage in what was recorded before that the start has seen and left as it is, in words.
    public internal(set) var warnings: [String] = []
    /// Why the catalog could not be brought up to date, if it could not; it is made good at the next start.
    public internal(set) var catalogFailure: String?
}

/// How far a writer has come, in order of commits.
struct WriterPosition: Comparable, Sendable {
    var sequence: UInt64
    var offset: ByteOffset

    static func < (a: WriterPosition, b: WriterPosition) -> Bool { a.sequence < b.sequence }
}

/// A block that stands in its segment but might not survive a power cut yet; its slot is not free before it does.
struct UnsyncedBlock: Sendable {
    let file: FileHandle
    /// The slot that becomes free; nil for a segment that was sealed.
    let slot: Int?
    let end: WriterPosition
    /// What the catalog learns once it is synced.
    let note: CatalogThread.Note
}

/// Everything the writer's threads share; touched only under the monitor's lock.
struct WriterState {
    enum Work {
        /// A slot and what it holds.
        case slot(Int, SlotContent)
        case seal
    }

    /// Entries committed so far.
    var position: WriterPosition
    /// Entries that survive a power cut.
    var synced: WriterPosition
    var nextArrival: Timestamp
    var line: LineCounter
    var clockStepNoted = false

    /// The slot in hand, while there is one, and the bytes of it that are written.
    private(set) var slot = 0
    private(set) var slotLength = 0
    /// What the slot in hand holds; nil where none is in hand.
    private var content: SlotContent?
    /// Memory for what slots hold, the last used first: one being filled, two being compressed, one waiting.
    private var freeContents: [SlotContent]
    /// Slots that hold nothing that is not in a synced block.
    var freeSlots: [Int]
    /// For the block threads; never more than a slot and a seal for each slot.
    private(set) var work: [Work] = []
    /// Work handed out and work finished so far: what is compressed side by side is still written in order.
    private(set) var ticketsTaken = 0
    var ticketsDone = 0
    /// Blocks that are written and wait for their sync, in order; never more than there are slots.
    var unsynced: [UnsyncedBlock] = []
    /// Block threads that are still there; without them nothing more will be unsynced.
    var blockThreads = 0

    /// Where the segment that the next byte belongs to began, and when; nil before its first byte.
    private var segmentStart: (offset: ByteOffset, time: Timestamp)?

    var isClosed = false
    private(set) var failure: JournalError?
    var statistics = JournalStatistics()

    init(
        _ geometry: TailGeometry,
        recovered: SourceState,
        openSegment: SegmentFacts?,
        now: Timestamp,
        recoveredBytes: Int
    ) {
        freeSlots = Array(0..<geometry.slotCount)
        freeContents = (0..<4).map { _ in SlotContent(geometry) }
        position = WriterPosition(sequence: recovered.lastSequence, offset: recovered.endOffset)
        synced = position
        nextArrival = recovered.nextArrival
        line = recovered.line
        if let openSegment { segmentStart = (openSegment.firstOffset, openSegment.firstArrival ?? now) }
        statistics.recoveredBytes = recoveredBytes
    }

    /// Throws what stopped the writer, if anything has.
    func check(_ folder: SourceFolder) throws {
        if let failure {
            throw JournalError(
                .failed,
                "\(folder.path): the writer has stopped: \(failure.message)",
                errorNumber: failure.errorNumber,
                cause: failure
            )
        }
        if isClosed { throw JournalError(.invalid, "\(folder.path): the writer is closed") }
    }

    mutating func fail(_ error: JournalError) {
        if failure == nil { failure = error }
    }

    /// Whether the segment has its size or age; it then ends at the next LF.
    func isCutDue(adding count: Int, now: Timestamp, _ configuration: JournalWriterConfiguration) -> Bool {
        guard let segmentStart else { return false }
        return position.offset - segmentStart.offset + count >= configuration.segmentByteLimit
            || now - segmentStart.time >= configuration.segmentAgeLimit
    }

    /// Counts an entry that has been written into the slot in hand.
    mutating func add(_ entry: TailEntry, _ payload: UnsafeRawBufferPointer, now: Timestamp) {
        if segmentStart == nil { segmentStart = (entry.offset, now) }
        slotLength += entry.storedSize
        position = WriterPosition(sequence: entry.sequence, offset: entry.endOffset)
        guard let content else { preconditionFailure("an entry without a slot") }
        let counts = content.add(entry, payload)
        if entry.kind == .delivery {
            statistics.records += counts.records
            statistics.bytes += entry.length
            statistics.deliveries += 1
            statistics.lastArrival = entry.arrival
        }
        line = content.state.line
        nextArrival = content.state.nextArrival
    }

    /// Hands the slot in hand to the block thread, and the segment too where it ends here.
    mutating func finishSlot(sealing: Bool) {
        if let content, slotLength > 0 {
            work.append(.slot(slot, content))
            self.content = nil
        }
        if sealing {
            work.append(.seal)
            segmentStart = nil
        }
    }

    /// Whether a slot is in hand.
    var hasSlot: Bool { content != nil }

    /// How many slots can be taken in hand at once.
    var takeableSlots: Int { min(freeSlots.count, freeContents.count) }

    /// Takes a free slot in hand; false where there is none, or no memory for what it will hold.
    mutating func takeFreeSlot() -> Bool {
        guard !freeSlots.isEmpty, let free = freeContents.popLast() else { return false }
        content = free
        slot = freeSlots.removeFirst()
        slotLength = 0
        free.begin(
            after: SourceState(
                endOffset: position.offset,
                lastSequence: position.sequence,
                nextArrival: nextArrival,
                line: line
            )
        )
        return true
    }

    /// Takes the next piece of work and its ticket; nil where there is none.
    mutating func takeWork() -> (work: Work, ticket: Int)? {
        guard !work.isEmpty else { return nil }
        ticketsTaken += 1
        return (work.removeFirst(), ticketsTaken - 1)
    }

    /// Takes a content back whose block has been made.
    mutating func giveBack(_ content: SlotContent) { freeContents.append(content) }
}
