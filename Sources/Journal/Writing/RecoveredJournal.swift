internal import Files
internal import Glibc
internal import Time

/// What a writer finds when it starts, brought into order: the blocks, and the tail in them.
///
/// What `journal repair` can rescue is rescued, and a gap stands for the rest. A byte that a valid block or entry holds is never dropped.
struct RecoveredJournal {
    let appender: SegmentAppender
    let tail: WritableTail
    /// What had to be repaired.
    private(set) var steps: [RepairStep] = []
    /// What else an operator should know.
    private(set) var notes: [String] = []
    private(set) var recoveredBytes = 0

    /// Brings a source into order; the lock is held, and everything is durable on return.
    ///
    /// - Parameter last: the newest segment that the catalog knows.
    init(_ folder: SourceFolder, last: SegmentID?) throws {
        let directory = folder.disk.parentFolder(of: folder.path)
        let journal = try Journal(directory: directory, disk: folder.disk, geometry: folder.geometry)
        var found: RecoveredSource
        do {
            found = try RecoveredSource(folder, last: last)
            if let first = try RecoveredJournal.firstNotInBlocks(folder, found) {
                steps += try RecoveredJournal.repair(journal, folder, from: first)
                found = try RecoveredSource(folder, last: last)
            }
        } catch is RecoveredSource.NeedsRepair {
            steps += try RecoveredJournal.repair(journal, folder, from: .first)
            do { found = try RecoveredSource(folder, last: nil) } catch is RecoveredSource.NeedsRepair {
                throw JournalError(
                    .corrupt,
                    "\(folder.path) is damaged so that it is not known where to go on; ask 'reprise journal verify', and restore "
                        + "what it names from a copy"
                )
            }
        }
        appender = try SegmentAppender(folder: folder, found: found)
        if let note = try RecoveredJournal.setAsideIfUnreadable(folder) { notes.append(note) }
        let tailSize = try folder.openTail()?.size() ?? 0
        if found.segment != nil, tailSize < folder.geometry.fileSize {
            notes.append(
                "\(folder.tail) was missing or cut short; what it held behind byte \(found.state.endOffset) is gone"
            )
        }
        tail = try WritableTail(folder)
        let rescue = try TailRescue(folder, tail, into: appender)
        if let step = rescue.step { steps.append(step) }
        recoveredBytes = rescue.recoveredBytes
    }

    /// The first segment that may lack what an entry of the tail still holds; nil where every entry that is old stands in a block.
    ///
    /// Costs one read of the tail, and of the sealed segments that its entries reach back to.
    private static func firstNotInBlocks(_ folder: SourceFolder, _ found: RecoveredSource) throws -> SegmentID? {
        let old = try TailCheck.allEntries(folder).map(\.entry).filter {
            $0.sequence <= found.state.lastSequence && $0.endOffset <= found.state.endOffset
        }
        guard let first = old.map(\.offset).min() else { return nil }
        // Its blocks were all compared with their checksums just now.
        guard let newest = found.newest, newest.firstOffset > first, newest.id > .first else { return nil }
        var id = newest.id.previous
        var isDamaged = false
        while folder.disk.exists(folder.sealed(id)) {
            let check = try SegmentCheck(folder, id, isSealed: true, buffer: nil)
            isDamaged = isDamaged || !check.findings.isEmpty
            if let opening = check.first, opening.firstOffset <= first, opening.length == 0 || id == .first {
                return isDamaged ? id : nil
            }
            guard id > .first else { break }
            id = id.previous
        }
        return isDamaged || id > .first ? .first : nil
    }

    private static func repair(_ journal: Journal, _ folder: SourceFolder, from: SegmentID) throws -> [RepairStep] {
        let repair = try JournalRepair(segmentsOf: journal, source: folder.source, from: from)
        // A catalog that cannot be changed is caught up later.
        try? repair.noteChanges(in: journal)
        return repair.steps
    }

    /// A file named like the tail that is none of ours would be overwritten.
    private static func setAsideIfUnreadable(_ folder: SourceFolder) throws -> String? {
        guard let file = try folder.openTail(), try file.size() > 0 else { return nil }
        guard try TailCheck.allEntries(folder).isEmpty, try !WritableTail.isEmpty(file, folder.geometry) else {
            return nil
        }
        let name = try SetAside(folder: folder).put(folder.tail, .unreadable)
        return "\(folder.tail) held no entry of ours; it is kept as \(name)"
    }
}

extension WritableTail {
    /// Whether a tail has never been written to, or was emptied.
    static func isEmpty(_ file: FileHandle, _ geometry: TailGeometry) throws -> Bool {
        let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: geometry.slotSize, alignment: 64)
        defer { slot.deallocate() }
        for index in 0..<geometry.slotCount {
            let count = try file.read(into: slot, at: geometry.start(ofSlot: index))
            guard count > 0, let base = slot.baseAddress else { continue }
            // Every byte is equal to the one before it.
            if slot[0] != 0 || memcmp(base, base + 1, count - 1) != 0 { return false }
        }
        return true
    }
}
