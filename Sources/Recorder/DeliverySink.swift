public import Journal

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
}

extension DeliverySink {
    /// None, unless a sink says otherwise.
    public var troubles: [String] { [] }
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
    /// A segment that was repaired at the start, and a catalog that could not be kept up.
    public var troubles: [String] {
        let statistics = statistics
        return [
            statistics.repair.map { step in
                "\(step.file) was damaged: \(step.blocks) blocks were kept, \(step.gaps.reduce(0) { $0 + $1.bytes }) bytes are "
                    + "gone behind offset \(step.gaps.first?.offset ?? .zero); recording goes on"
            },
            statistics.catalogFailure.map { "the catalog is behind, and is made good at the next start: \($0)" },
        ].compactMap { $0 }
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
