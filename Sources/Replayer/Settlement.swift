internal import Journal
internal import Time

/// How far each source is settled: behind the last batch before which everything is.
struct Settlement {
    /// Where the sources stood behind each batch that is not settled, and when its first record arrived, in order.
    private var pending: [(offsets: [SourceName: ByteOffset], first: Timestamp?)] = []
    private var settledBatches = 0
    /// Where the sources stood behind the last settled batch.
    private var covered: [SourceName: ByteOffset] = [:]
    /// What of settled batches the sink still holds, by source.
    private var held: [SourceName: (offset: ByteOffset, arrival: Timestamp)] = [:]
    /// When the last record arrived, settled or not.
    private(set) var newest: Timestamp?

    /// The first byte of each source that is not settled.
    var frontier: [SourceName: ByteOffset] {
        held.isEmpty ? covered : covered.merging(held.mapValues { $0.offset }) { min($0, $1) }
    }

    /// When the first record arrived that is not settled.
    var oldest: Timestamp? { (held.values.map { $0.arrival } + [pending.first?.first].compactMap { $0 }).min() }

    /// Notes where the sources stand; records without documents are settled with what is before them.
    mutating func add(
        _ offsets: [SourceName: ByteOffset],
        _ arrivals: (first: Timestamp, last: Timestamp)?,
        withBatch: Bool
    ) {
        newest = arrivals?.last ?? newest
        if withBatch {
            pending.append((offsets, arrivals?.first))
        } else if pending.isEmpty {
            covered.merge(offsets) { _, new in new }
        } else {
            pending[pending.count - 1].offsets = offsets
        }
    }

    /// Notes what is settled, and what is held of it.
    mutating func settle(batches: Int, held: [SourceName: (offset: ByteOffset, arrival: Timestamp)] = [:]) {
        self.held = held
        for batch in pending.prefix(batches - settledBatches) { covered.merge(batch.offsets) { _, new in new } }
        pending.removeFirst(min(pending.count, batches - settledBatches))
        settledBatches = batches
    }
}
