internal import Files
internal import Time

/// Finds segments by their numbers, which have no hole: no folder is listed, no catalog is asked.
struct SegmentSearch {
    let folder: SourceFolder

    /// The newest segment that has its opening block; nil where there is none.
    func newest() throws -> SegmentID? {
        guard let newest = newestName() else { return nil }
        if try opening(newest) != nil { return newest }
        return newest == .first ? nil : SegmentID(rawValue: newest.rawValue - 1)
    }

    /// The newest segment that has a file.
    ///
    /// Looks at about twice the logarithm of their number of names.
    func newestName() -> SegmentID? {
        guard exists(.first) else { return nil }
        var low: Int64 = 1
        var high: Int64 = 2
        while exists(SegmentID(rawValue: high)) {
            low = high
            high *= 2
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if exists(SegmentID(rawValue: middle)) { low = middle } else { high = middle }
        }
        return SegmentID(rawValue: low)
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
