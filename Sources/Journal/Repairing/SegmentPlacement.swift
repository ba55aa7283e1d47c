/// Which number each segment's file should have: the one that its offsets give it.
struct SegmentPlacement {
    /// A file as a first look finds it.
    struct File {
        let id: SegmentID
        let isSealed: Bool
        let path: String
        /// Where its blocks begin and end; nil without one of this source.
        let extent: (first: ByteOffset, end: ByteOffset, lastSequence: UInt64)?
        /// What they hold: gaps are a part of the extent, and hold nothing.
        let held: [HeldBlock]

        var heldBytes: Int { held.reduce(0) { $0 + ($1.range.upperBound - $1.range.lowerBound) } }
    }

    /// The files that stay, with their numbers, ascending.
    var placed: [(id: SegmentID, file: File)] = []
    /// Files in whose place others stand; what a gap or damage lacks there may be in them.
    var doubled: [File] = []
    /// Files without a block of this source.
    private(set) var unreadable: [File] = []
    /// Strays that hold what no segment holds and that no number is free for: what fits is copied out of them.
    var unnumbered: [File] = []

    /// Sorts files by what they hold.
    ///
    /// - Parameter files: by number.
    init(_ files: [File]) {
        unreadable = files.filter { $0.extent == nil }
        var chosen: [File] = []
        for file in SegmentPlacement.byOffset(files) {
            guard let extent = file.extent else { continue }
            // One that only repeats what stands before it holds a number.
            if let last = chosen.last, let before = last.extent, extent.first < extent.end, extent.end <= before.end,
                extent.lastSequence <= before.lastSequence
            {
                // Of two for the same place the one that holds more stays, and of two that hold the same, the one whose number fits.
                let isSame = extent == before
                let holdsMore =
                    (extent.first, extent.end) == (before.first, before.end) && file.heldBytes > last.heldBytes
                let floor = chosen.dropLast().last?.id
                let fits = (floor.map { $0 < file.id } ?? true)
                let lastFits = (floor.map { $0 < last.id } ?? true)
                let isBetter =
                    holdsMore
                    || isSame && file.heldBytes == last.heldBytes && fits && (!lastFits || file.id < last.id)
                doubled.append(isBetter ? last : file)
                if isBetter { chosen[chosen.count - 1] = file }
            } else {
                chosen.append(file)
            }
        }
        let ids = SegmentPlacement.numbers(chosen.map(\.id))
        placed = zip(ids, chosen).map { ($0, $1) }
    }

    /// Whether every file has its number.
    var isInOrder: Bool { doubled.isEmpty && placed.allSatisfy { $0.id == $0.file.id } }

    private static func byOffset(_ files: [File]) -> [File] {
        files.filter { $0.extent != nil }.sorted { a, b in
            guard let first = a.extent, let second = b.extent else { return a.id < b.id }
            if first.first != second.first { return first.first < second.first }
            let isEmpty = (first.first == first.end, second.first == second.end)
            if isEmpty.0 != isEmpty.1 { return isEmpty.0 }
            if isEmpty.0 { return (first.lastSequence, a.id) < (second.lastSequence, b.id) }
            if first.end != second.end { return first.end > second.end }
            if first.lastSequence != second.lastSequence { return first.lastSequence > second.lastSequence }
            return a.id < b.id
        }
    }

    /// Ascending numbers for files that have these, with as few changes as a plain rule finds: those that stand in order keep
    /// theirs if the rest finds room between them; else all numbers are given out anew, in order.
    static func numbers(_ ids: [SegmentID]) -> [SegmentID] {
        let isAscending = zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
        if isAscending { return ids }
        var result = ids
        let kept = longestAscending(ids)
        var index = 0
        while index < ids.count {
            guard !kept.contains(index) else {
                index += 1
                continue
            }
            var end = index
            while end < ids.count, !kept.contains(end) { end += 1 }
            let floor = index == 0 ? 0 : result[index - 1].rawValue
            let ceiling = end < ids.count ? ids[end].rawValue : Int64.max
            guard Int64(end - index) < ceiling - floor else { return ids.sorted() }
            for place in index..<end { result[place] = SegmentID(rawValue: floor + Int64(place - index) + 1) }
            index = end
        }
        return result
    }

    /// The places of the longest ascending row.
    private static func longestAscending(_ ids: [SegmentID]) -> Set<Int> {
        var tails: [Int] = []
        var before = [Int?](repeating: nil, count: ids.count)
        for index in ids.indices {
            var (low, high) = (0, tails.count)
            while low < high {
                let middle = (low + high) / 2
                if ids[tails[middle]] < ids[index] { low = middle + 1 } else { high = middle }
            }
            before[index] = low > 0 ? tails[low - 1] : nil
            if low == tails.count { tails.append(index) } else { tails[low] = index }
        }
        var kept: Set<Int> = []
        var next = tails.last
        while let index = next {
            kept.insert(index)
            next = before[index]
        }
        return kept
    }
}
