public import Journal
internal import Time

/// Where a recorder puts what the network delivers: the journal, or a stand-in for tests.
public protocol DeliverySink: Sendable {
    /// Takes one delivery; it survives a kill of the process when the call returns.
    func append(_ bytes: UnsafeRawBufferPointer) throws
    /// Takes an event behind the bytes so far.
    func append(event kind: String, fields: [(String, EventValue)]) throws
    /// Ends it in order; all is durable on return.
    func close() throws
    /// What it took so far.
    var counts: DeliveryCounts { get }
    /// What an operator should know of and nothing stopped for, in words.
    var troubles: [String] { get }
    /// What was lost before it was opened, and what was rescued of that.
    var recovery: RecoveryCounts { get }
}

extension DeliverySink {
    /// None, unless a sink says otherwise.
    public var troubles: [String] { [] }
    /// Nothing, unless a sink says otherwise.
    public var recovery: RecoveryCounts { .init() }
}

/// What a start found damaged.
public struct RecoveryCounts: Sendable, Hashable {
    /// Places where bytes or events are gone.
    public var gaps: Int
    /// Bytes that are gone there, as far as that is known.
    public var lostBytes: Int
    /// Bytes that were damaged in one place and stood in another.
    public var rescuedBytes: Int

    /// Makes counts.
    public init(gaps: Int = 0, lostBytes: Int = 0, rescuedBytes: Int = 0) {
        self.gaps = gaps
        self.lostBytes = lostBytes
        self.rescuedBytes = rescuedBytes
    }
}

extension RepairStep {
    /// What happened to a file at a start, and what is gone, from when to when.
    fileprivate var sentence: String {
        var text = "\(file) was damaged or out of place: \(action.rawValue)"
        if action == .unplaced { text += "; it holds \(bytes) bytes that no segment holds and that fit nowhere" }
        if blocks > 0 { text += "; \(blocks) blocks with \(records) records are in place" }
        if rescuedBytes > 0 { text += "; \(rescuedBytes) bytes were rescued from elsewhere" }
        for gap in gaps.prefix(3) {
            let bytes = gap.bytes == 0 ? "an unknown number of" : "\(gap.bytes)"
            text +=
                "; \(bytes) bytes are gone behind offset \(gap.offset), \(gap.from?.rfc3339 ?? "the beginning") to "
            text += gap.to?.rfc3339 ?? "the end"
        }
        if gaps.count > 3 { text += "; and \(gaps.count - 3) more gaps, \(missingBytes) bytes in all" }
        if let keptAs { text += "; \(action == .moved ? "it is now" : "the old file is kept as") \(keptAs)" }
        return text
    }
}

/// What a sink took since it was opened.
public struct DeliveryCounts: Sendable, Hashable {
    /// Bytes of stream.
    public var bytes: Int
    /// Lines that ended and were not blank.
    public var records: Int
    /// Bytes that a power cut would take.
    public var unsyncedBytes: Int
    /// What a byte of stream takes on disk; 1, the most that it can, until that was measured.
    public var storedShare: Double

    /// Makes counts.
    public init(bytes: Int = 0, records: Int = 0, unsyncedBytes: Int = 0, storedShare: Double = 1) {
        self.bytes = bytes
        self.records = records
        self.unsyncedBytes = unsyncedBytes
        self.storedShare = storedShare
    }
}

extension JournalWriter: DeliverySink {
    /// A segment that was repaired at the start, damage that was seen there, and a catalog that could not be kept up.
    public var troubles: [String] {
        let statistics = statistics
        let catalog = statistics.catalogFailure.map {
            "the catalog is behind, and is made good at the next start: \($0)"
        }
        return statistics.repairs.map(\.sentence) + statistics.notes + statistics.warnings
            + (catalog.map { [$0] } ?? [])
    }

    /// Bytes that the start found lost and those that it rescued.
    public var recovery: RecoveryCounts {
        let repairs = statistics.repairs
        return RecoveryCounts(
            gaps: repairs.reduce(0) { $0 + ($1.gaps.isEmpty && !$1.isWhole ? 1 : $1.gaps.count) }
                + (statistics.notes.isEmpty ? 0 : 1),
            lostBytes: repairs.reduce(0) { $0 + $1.missingBytes },
            rescuedBytes: repairs.reduce(0) { $0 + $1.rescuedBytes }
        )
    }

    /// The writer's statistics, as far as a recorder looks at them.
    public var counts: DeliveryCounts {
        let statistics = statistics
        let synced = syncedOffset
        return DeliveryCounts(
            bytes: statistics.bytes,
            records: statistics.records,
            unsyncedBytes: max(0, endOffset - synced),
            storedShare: statistics.blockBytes > 0
                ? Double(statistics.storedBytes) / Double(statistics.blockBytes) : 1
        )
    }
}
