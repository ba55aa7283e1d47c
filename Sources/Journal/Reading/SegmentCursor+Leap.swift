// A sealed segment's seek table says where its blocks are, so that a place among them is found by halving.

extension SegmentCursor {
    /// Goes forward in a sealed segment to the last block before a place that is worth reading; stays where there is none, and
    /// where the table or a trailer on the way is damaged.
    ///
    /// - Parameters:
    ///   - isBefore: true for the first blocks, false for the rest.
    ///   - isWanted: whether a block is worth reading.
    func leap(while isBefore: (BlockTrailer) -> Bool, to isWanted: (BlockTrailer) -> Bool) throws {
        guard let (file, blocks) = try blocksAhead() else { return }
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            guard let trailer = try blocks[middle].trailer(in: file) else { return }
            if isBefore(trailer) { low = middle + 1 } else { high = middle }
        }
        for block in blocks[..<low].reversed() {
            guard let trailer = try block.trailer(in: file) else { return }
            guard isWanted(trailer) else { continue }
            return advance(to: block)
        }
    }

    /// Goes forward to the last block of a sealed segment; stays where that is damaged.
    func leapToLast() throws {
        guard let (file, blocks) = try blocksAhead(), let last = blocks.last,
            try BlockReader().trailer(last, in: file) != nil
        else { return }
        advance(to: last)
    }
}

extension SeekTable {
    /// Where the blocks are; none where the frames cannot be theirs.
    var blocks: [BlockLocation] {
        guard frames.count.isMultiple(of: 2) else { return [] }
        var start = 0
        return stride(from: 0, to: frames.count, by: 2).map { index in
            let block = BlockLocation(
                start: start,
                frameSize: frames[index].storedSize,
                trailerSize: frames[index + 1].storedSize,
                contentSize: frames[index].contentSize
            )
            start = block.end
            return block
        }
    }
}
