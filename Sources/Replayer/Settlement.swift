internal import Journal
internal import Time

/// How far each source is settled: behind the last batch before which everything is.
struct Settlement {
    /// Where the sources stood behind each batch that is not settled, and when its first record arrived, in order.
    private var pending: [(offsets: [SourceName: ByteOffset], first: Timestamp?)] = []
    private var settledBatches = 0
    private(set) var frontier: [SourceName: ByteOffset] = [:]
    /// When the last record arrived, settled or not.
    private(set) var newest: Timestamp?

    /// When the first record arrived that is not settled.
    var oldest: Timestamp? { pending.first?.first }

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
            frontier.merge(offsets) { _, new in new }
        } else {
            pending[pending.count - 1].offsets = offsets
        }
    }

    mutating func settle(batches: Int) {
        for batch in pending.prefix(batches - settledBatches) { frontier.merge(batch.offsets) { _, new in new } }
        pending.removeFirst(min(pending.count, batches - settledBatches))
        settledBatches = batches
    }
}
