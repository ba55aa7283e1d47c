internal import Files
internal import Time

/// What is not where it belongs, or not at all.
extension RunReader {
    /// Appends what lies next in a hole, wherever a file or the tail holds it, or else a gap for what is nowhere.
    ///
    /// - Parameter limit: what comes behind the hole; nil at the source's end.
    /// - Returns: false where nothing is left before the limit.
    func readHole(before limit: SourceInventory.Limit?, into buffer: RunBuffer) throws -> Bool {
        let inventory = try allFiles()
        while let found = inventory.first(behind: progress.offset, progress.sequence ?? 0, before: limit) {
            switch found {
            case .block(let block):
                if block.firstOffset > progress.offset {
                    guard try inventory.open(block) != nil else {
                        inventory.drop(block)
                        continue
                    }
                    addGap(block.firstOffset - progress.offset, to: buffer)
                    return true
                }
                guard let trailer = try inventory.open(block), trailer.firstOffset <= progress.offset else {
                    inventory.drop(block)
                    continue
                }
                if isEventMissing(before: trailer, buffer) {
                    // An event ended the line before it: without a gap the block's first line would go on from that.
                    addGap(0, to: buffer)
                    return true
                }
                let before = progress
                let isRead = try read(trailer, into: buffer) { try inventory.content(of: block, into: $0) }
                if progress == before { inventory.drop(block) }
                if isRead { return true }
            case .entry(let entry):
                let isNext = entry.entry.sequence == (progress.sequence ?? 0) + 1
                if entry.entry.offset > progress.offset || !isNext && !isBehindGap {
                    addGap(entry.entry.offset - progress.offset, to: buffer)
                    return true
                }
                if try read(entry, inventory, into: buffer) { return true }
                inventory.drop(entry)
            }
        }
        guard let limit, limit.offset > progress.offset || !isBehindGap else { return false }
        addGap(limit.offset - progress.offset, to: buffer)
        return true
    }

    /// Appends an entry of the tail; false where its slot has been used again.
    func read(_ found: TailCheck.Entry, _ inventory: SourceInventory, into buffer: RunBuffer) throws -> Bool {
        guard let payload = try inventory.payload(of: found) else { return false }
        let entry = found.entry
        if isBehindGap, progress.offset != buffer.endOffset {
            beginBehindGap(buffer)
        } else if isBehindGap, unfinished > 0 {
            buffer.loseHead(unfinished)
        }
        isBehindGap = false
        let (start, firstEvent) = (buffer.length, buffer.events.count)
        switch entry.kind {
        case .delivery:
            payload.withUnsafeBytes { buffer.reserve(entry.length).copyMemory(from: $0) }
            buffer.add(filled: entry.length, dropping: 0)
            buffer.add(arrival: entry.arrival)
        case .event: buffer.add(JournalEvent(offset: entry.offset, time: entry.arrival, json: payload))
        }
        noteLine(buffer, from: start, firstEvent)
        progress = ReadProgress(offset: entry.endOffset, sequence: entry.sequence, time: entry.arrival)
        tailIsUnsynced = true
        isAhead = true
        return true
    }

    /// Appends what lies behind damage at the newest end, and a gap for what is known to have been there; false behind all of it.
    func readEnd(into buffer: RunBuffer) throws -> Bool {
        if inventory == nil, try isEndSound() {
            guard !isTailReached, let newest = try newestUnread() else { return try reportEnd(to: buffer) }
            if try !isBehindGap && readTail(into: buffer) {
                // All that stood there at that look was led to. Another look would find what a busy writer adds, and so for ever.
                isTailReached = newest <= progress.sequence ?? 0
                return true
            }
        }
        // Its writer may have gone on since: what it committed before is in the tail or in a block by now.
        try allFiles().lookAtTail()
        if try !isBehindGap && readTail(into: buffer) { return true }
        if case .block = try cursor.peek(checked: true) { return try next(into: buffer) }
        if try readHole(before: nil, into: buffer) { return true }
        return try reportEnd(to: buffer)
    }

    /// Whether nothing but the tail can say that more was there: no damage, no numbers out of order, and no file under another name
    /// that goes further.
    func isEndSound() throws -> Bool {
        try !damage.isHere && !isDisordered && !cursor.hasBlockBehindDamage()
            && (isNewestKnown || !StraySegment.reach(behind: progress.offset, in: folder))
    }

    /// The sequence of the newest entry of the tail that was not read, for a missing one stands before it or for it is new; nil for none.
    func newestUnread() throws -> UInt64? {
        let sequence = progress.sequence ?? 0
        return try TailCheck.allEntries(folder).last {
            $0.entry.sequence > sequence && $0.entry.endOffset >= progress.offset
        }?.entry.sequence
    }

    /// A gap up to where the source is known to have come; one of no length where that it went on is all that is known.
    func reportEnd(to buffer: RunBuffer) throws -> Bool {
        guard !isEndReported else { return false }
        isEndReported = true
        let end = max(knownEnd, damage.end)
        let isLost = try !isAhead && !isBehindGap && (damage.isHere || isTailLost())
        guard end > progress.offset || isLost else { return false }
        addGap(end - progress.offset, to: buffer)
        return true
    }

    /// Whether a segment was not sealed, and the tail that goes on from it is missing or was cut.
    func isTailLost() throws -> Bool {
        guard cursor.file != nil, !cursor.isSealed else { return false }
        return try (folder.openTail()?.size() ?? 0) < folder.geometry.fileSize
    }

    /// Adds a gap up to an offset that nothing leads to any more; false where everything before it was given.
    func addGap(upTo end: ByteOffset, to buffer: RunBuffer) -> Bool {
        guard progress.offset < end else { return false }
        addGap(end - progress.offset, to: buffer)
        return true
    }

    /// All files of the source, looked through when they are first needed.
    func allFiles() throws -> SourceInventory {
        if let inventory { return inventory }
        let made = try SourceInventory(folder, paths: SegmentList(folder).paths())
        inventory = made
        return made
    }
}
