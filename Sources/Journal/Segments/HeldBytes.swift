internal import Files

/// A block that holds something of its source: no gap, and not what a segment's first block only repeats.
struct HeldBlock: Sendable, Equatable {
    let range: Range<ByteOffset>
    let lastSequence: UInt64

    init?(_ location: BlockLocation, _ trailer: BlockTrailer) {
        guard location.start > 0 || trailer.length > 0 else { return nil }
        self.init(trailer)
    }

    /// One that is not a segment's first.
    init?(_ trailer: BlockTrailer) {
        guard !trailer.isGap else { return nil }
        range = trailer.firstOffset..<trailer.firstOffset + trailer.length
        lastSequence = trailer.lastSequence
    }
}

/// What blocks hold of a source, wherever they stand.
struct HeldBytes: Sendable {
    /// Ascending, apart from each other.
    private var ranges: [Range<ByteOffset>] = []
    private var sequences: Set<UInt64> = []

    mutating func add(_ blocks: [HeldBlock]) {
        for block in blocks { sequences.insert(block.lastSequence) }
        add(ranges: blocks.map(\.range))
    }

    mutating func add(ranges more: [Range<ByteOffset>]) {
        var merged: [Range<ByteOffset>] = []
        for range in (ranges + more).sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    /// Whether a block holds bytes, or as its only content events, that these do not.
    func lacks(_ block: HeldBlock) -> Bool {
        block.range.isEmpty ? !sequences.contains(block.lastSequence) : missingBytes(of: [block]) > 0
    }

    /// Bytes in blocks that these do not hold.
    func missingBytes(of blocks: [HeldBlock]) -> Int {
        blocks.reduce(0) { sum, block in
            var missing = block.range.upperBound - block.range.lowerBound
            for range in ranges[first(endingBehind: block.range.lowerBound)...] {
                guard range.lowerBound < block.range.upperBound else { break }
                missing -=
                    min(range.upperBound, block.range.upperBound) - max(range.lowerBound, block.range.lowerBound)
            }
            return sum + missing
        }
    }

    private func first(endingBehind offset: ByteOffset) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
