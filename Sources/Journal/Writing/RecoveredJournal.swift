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
    /// What only a look at the names found, and what nothing was done about.
    private(set) var warnings: [String] = []
    private(set) var recoveredBytes = 0

    /// Brings a source into order; the lock is held, and everything is durable on return.
    ///
    /// - Parameter last: the newest segment that the catalog knows.
    init(_ folder: SourceFolder, last: SegmentID?) throws {
        let directory = folder.disk.parentFolder(of: folder.path)
        let journal = try Journal(directory: directory, disk: folder.disk, geometry: folder.geometry)
        var found: RecoveredSource
        var fillsGap = false
        do {
            found = try RecoveredSource(folder, last: last)
            // What is written behind the newest name must not take the offsets of a segment that has lost its own.
            let isNewestKnown = last != nil && found.nextSegment.previous == last
            if try !isNewestKnown && StraySegment.reach(behind: found.state.endOffset, in: folder) {
                throw RecoveredSource.NeedsRepair()
            }
            let old = try OldEntries(folder, found)
            fillsGap = old.fillsGap
            if let first = old.toRepair {
                steps += try RecoveredJournal.repair(journal, folder, from: first)
                found = try RecoveredSource(folder, last: last)
            }
        } catch is RecoveredSource.NeedsRepair {
            steps += try RecoveredJournal.repair(journal, folder, from: .first)
            found = try RecoveredSource(repaired: folder)
        }
        appender = try SegmentAppender(folder: folder, found: found)
        if let note = try RecoveredJournal.setAsideIfUnreadable(folder) { notes.append(note) }
        let rescue = try TailRescue(folder, into: appender, isEndUnknown: found.isEndUnknown, keepsTail: fillsGap)
        tail = rescue.tail
        if let name = rescue.keptAs {
            notes.append("\(folder.tail) held bytes for which a gap is stored; it is kept as \(name)")
        }
        if let step = rescue.step { steps.append(step) }
        recoveredBytes = rescue.recoveredBytes
        if let warning = try RecoveredJournal.warning(folder) { warnings.append(warning) }
    }

    /// So many segments before the newest are looked for at a start.
    private static let glanceCount: Int64 = 64

    /// Older segments whose names show damage; to read them, or only to list them all, at each start would take too long.
    private static func warning(_ folder: SourceFolder) throws -> String? {
        guard let newest = SegmentSearch(folder: folder).newestName() else { return nil }
        let wrong = (max(1, newest.rawValue - glanceCount)..<newest.rawValue).map { SegmentID(rawValue: $0) }.filter {
            !folder.disk.exists(folder.sealed($0))
        }
        guard let first = wrong.first else { return nil }
        let more = wrong.count == 1 ? "" : ", and \(wrong.count - 1) more are like it"
        let what = folder.disk.exists(folder.open(first)) ? "was never sealed" : "has no file"
        return
            "\(folder.path): segment \(first.digits) \(what)\(more); recording is not concerned; 'reprise journal verify' "
            + "says what is wrong, and with the recorder stopped 'reprise journal repair' mends what can be mended"
    }

    /// What the tail's old entries are to the blocks.
    private struct OldEntries {
        /// The first segment that may lack what one of them still holds; nil where none does.
        var toRepair: SegmentID?
        /// Whether one of them holds bytes for which a gap stands: the tail has come back after a repair without it.
        var fillsGap = false

        /// Costs one read of the tail, and of the sealed segments that its entries reach back to.
        init(_ folder: SourceFolder, _ found: RecoveredSource) throws {
            let old = try TailCheck.allEntries(folder).map(\.entry).filter {
                $0.sequence <= found.state.lastSequence && $0.endOffset <= found.state.endOffset
            }
            guard let first = old.map(\.offset).min(), let newest = found.newest else { return }
            // The newest segment's blocks were all compared with their checksums just now.
            let sealed = try Sealed(folder, before: newest, downTo: first)
            if sealed.isDamaged { toRepair = sealed.first ?? .first }
            let gaps = found.newestGaps + sealed.gaps
            fillsGap = old.contains { entry in
                entry.kind == .delivery && gaps.contains { $0.contains(entry.offset) }
            }
        }
    }

    /// The sealed segments before the newest one, back to an offset.
    private struct Sealed {
        /// The one that the offset stands in; nil where none is known to.
        private(set) var first: SegmentID?
        private(set) var isDamaged = false
        private(set) var gaps: [Range<ByteOffset>] = []

        init(_ folder: SourceFolder, before newest: SegmentFacts, downTo offset: ByteOffset) throws {
            guard newest.firstOffset > offset else { return }
            guard newest.id > .first else {
                isDamaged = true
                return
            }
            var id = newest.id.previous
            var end = newest.firstOffset
            while folder.disk.exists(folder.sealed(id)) {
                let check = try SegmentCheck(folder, id, isSealed: true, buffer: nil)
                // Another's copy under its number has not what belongs there.
                isDamaged = isDamaged || !check.findings.isEmpty || check.last?.endOffset != end
                gaps += check.kept.compactMap(\.trailer.gap)
                if let opening = check.first, opening.firstOffset <= offset, opening.length == 0 || id == .first {
                    first = id
                    return
                }
                guard id > .first, let opening = check.first else { break }
                end = opening.firstOffset
                id = id.previous
            }
            // A segment is missing on the way, or cannot be read.
            isDamaged = true
        }
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
            let start = geometry.start(ofSlot: index)
            let used = file.dataEnd(in: start..<start + geometry.slotSize) - start
            let count = try file.read(into: .init(rebasing: slot[..<used]), at: start)
            if !isZero(UnsafeRawBufferPointer(rebasing: slot[..<count])) { return false }
        }
        return true
    }

    /// Whether every byte is zero.
    static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, let first = bytes.first else { return true }
        // Every byte is equal to the one before it.
        return first == 0 && memcmp(base, base + 1, bytes.count - 1) == 0
    }
}
