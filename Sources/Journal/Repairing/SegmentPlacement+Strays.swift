internal import Files

/// Files that bear no number of a segment.
extension SegmentPlacement {
    /// Gives numbers to files that hold what no segment holds.
    ///
    /// - Parameters:
    ///   - strays: files under other names.
    ///   - start: where the segments begin that are looked at.
    ///   - newest: the newest segment that a catalog knows, and where it ends.
    mutating func add(strays: [File], from start: ByteOffset, newest: (id: SegmentID, end: ByteOffset)?) {
        var held = HeldBytes()
        held.add((placed.map(\.file) + doubled).flatMap(\.held))
        held.add(ranges: [.zero..<start])
        for stray in strays.sorted(by: SegmentPlacement.comesFirst) where stray.held.contains(where: held.lacks) {
            held.add(stray.held)
            if let index = placeOfLess(than: stray) {
                doubled.append(placed[index].file)
                placed[index].file = stray
            } else if let (index, id) = freeNumber(for: stray, newest) {
                placed.insert((id, stray), at: index)
            } else {
                unnumbered.append(stray)
            }
        }
    }

    /// Bytes of a file that no placed one holds.
    func bytesWithoutPlace(in file: File) -> Int {
        var held = HeldBytes()
        held.add(placed.flatMap(\.file.held))
        return held.missingBytes(of: file.held)
    }

    private static func comesFirst(_ a: File, _ b: File) -> Bool {
        guard let first = a.extent, let second = b.extent else { return a.path < b.path }
        if first.first != second.first { return first.first < second.first }
        return (second.end, b.heldBytes, a.path) < (first.end, a.heldBytes, b.path)
    }

    /// The segment that a stray is, where gaps or damage have taken some of it.
    private func placeOfLess(than stray: File) -> Int? {
        placed.firstIndex { _, file in
            guard let extent = file.extent, let own = stray.extent, own.first < own.end else { return false }
            return extent.first == own.first && extent.end == own.end && file.heldBytes < stray.heldBytes
        }
    }

    /// A number between the segments before and behind it, its own where that is free.
    private func freeNumber(
        for stray: File,
        _ newest: (id: SegmentID, end: ByteOffset)?
    ) -> (index: Int, id: SegmentID)? {
        guard let own = stray.extent else { return nil }
        let index =
            placed.firstIndex { _, file in
                guard let extent = file.extent else { return false }
                return extent.end > own.first || extent.lastSequence > own.lastSequence
            } ?? placed.count
        let isBetween = placed[index...].allSatisfy { _, file in
            guard let extent = file.extent else { return true }
            return extent.first >= own.end && (file.held.isEmpty || extent.lastSequence > own.lastSequence)
        }
        let floor = index > 0 ? placed[index - 1].id : SegmentID(rawValue: 0)
        let ceiling = index < placed.count ? placed[index].id : SegmentID(rawValue: Int64.max)
        guard isBetween, floor.next < ceiling else { return nil }
        if let newest, index == placed.count, newest.id > floor, newest.end == own.end { return (index, newest.id) }
        let isNear = stray.id.rawValue - floor.rawValue <= SegmentSearch.holeLimit
        return (index, stray.id > floor && stray.id < ceiling && isNear ? stray.id : floor.next)
    }
}
