internal import Files
internal import Time

/// Finds segments by their numbers, which have no hole: no folder is listed, no catalog is asked.
struct SegmentSearch {
    let folder: SourceFolder

    /// The newest segment that has its opening block; nil where there is none.
    func newest() throws -> SegmentID? {
        guard let newest = newestName() else { return nil }
        if try opening(newest) != nil { return newest }
        return newest == .first ? nil : newest.previous
    }

    /// So many segments in a row may be missing before a newer one, and it is found nevertheless.
    static let holeLimit: Int64 = 16

    /// The newest segment that has a file, also behind some that have none.
    ///
    /// Looks at about twice the logarithm of their number of names.
    func newestName() -> SegmentID? {
        var newest: Int64 = 0
        while let next = (newest + 1...newest + SegmentSearch.holeLimit).first(where: exists) {
            newest = lastInRow(from: next)
        }
        return newest > 0 ? SegmentID(rawValue: newest) : nil
    }

    /// The next segment that has a file behind one that has none, or the newest that is said to be there where none is found.
    ///
    /// A wide hole is not gone through number by number: only a damaged catalog or a stray file tells of one.
    func following(_ id: SegmentID, upTo newest: SegmentID) throws -> SegmentID {
        var next = id.next
        for _ in 0..<SegmentSearch.holeLimit where next < newest && !exists(next) { next = next.next }
        guard next < newest, !exists(next) else { return next }
        let list = try SegmentList(folder)
        return (list.sealed + list.open).filter { $0 > id && $0 < newest }.min() ?? newest
    }

    /// The last of the numbers without a hole from one that has a file.
    private func lastInRow(from first: Int64) -> Int64 {
        var low = first
        var step: Int64 = 1
        while exists(first + step) {
            low = first + step
            step *= 2
        }
        var high = first + step
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if exists(middle) { low = middle } else { high = middle }
        }
        return low
    }

    private func exists(_ number: Int64) -> Bool { exists(SegmentID(rawValue: number)) }

    /// Whether the newest segment begins where the one before it ends, as far as their trailers say; true where there is only one.
    func isEndInOrder(at newest: SegmentID? = nil) throws -> Bool {
        guard var newest = newest ?? newestName() else { return true }
        // One that cannot be read says nothing of those before it.
        var first = try opening(newest)
        while first == nil, newest > .first {
            newest = newest.previous
            first = try opening(newest)
        }
        guard newest > .first, let opening = first else { return true }
        guard let end = try lastTrailer(newest.previous) else { return false }
        return end.endOffset == opening.firstOffset
    }

    /// The trailer of the last block of a segment by its seek table; its opening block's where it has none.
    private func lastTrailer(_ id: SegmentID) throws -> BlockTrailer? {
        guard let file = try folder.disk.fileIfPresent(folder.sealed(id)) else { return nil }
        guard let last = try SeekTable.read(from: file)?.blocks.last else { return nil }
        return try last.trailer(in: file)
    }

    /// The last segment whose opening block lies before a place, or the first of all; nil where there is none.
    ///
    /// - Parameter isBefore: true for the first segments, false for the rest.
    func last(where isBefore: (BlockTrailer) -> Bool) throws -> SegmentID? {
        guard let newest = try newest() else { return nil }
        var low: Int64 = 1
        var high = newest.rawValue + 1
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let opening = try opening(SegmentID(rawValue: middle)), isBefore(opening) {
                low = middle
            } else {
                high = middle
            }
        }
        return SegmentID(rawValue: low)
    }

    /// Goes back over segments that begin inside a line to the one where that line begins.
    ///
    /// Not where so much of the line has come that no reader hands it out whole.
    func lineStart(before id: SegmentID?) throws -> SegmentID? {
        guard var id else { return nil }
        while id > .first, let opening = try opening(id), opening.beginsInLine { id = id.previous }
        return id
    }

    /// The trailer of a segment's opening block.
    private func opening(_ id: SegmentID) throws -> BlockTrailer? {
        try SegmentCursor(folder, at: id).first()
    }

    /// Whether a segment has a file.
    func exists(_ id: SegmentID) -> Bool {
        // The open name is looked at on both sides of the sealed one, because sealing renames.
        folder.disk.exists(folder.open(id)) || folder.disk.exists(folder.sealed(id))
            || folder.disk.exists(folder.open(id))
    }
}
