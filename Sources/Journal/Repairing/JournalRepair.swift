internal import Files
internal import Glibc
internal import SQLite
internal import Time

/// Puts a damaged source into order: what is whole stays, what stands elsewhere is fetched, and a gap event says what is missing.
///
/// Nothing is changed in place and nothing is removed: new files are written, synced, read back and given the old names, and the old
/// files are kept under names that say what they are.
public struct JournalRepair: Sendable {
    /// What was done, or would be, file by file.
    public internal(set) var steps: [RepairStep] = []
    var folder: SourceFolder
    var dryRun: Bool
    /// Where the source stands behind the segments that were looked at.
    var state = SourceState()
    var inForce = EventsInForce()
    /// The last block that was taken as it stands, to learn which line it leaves unfinished.
    var lastTaken: (BlockLocation, path: String)?
    /// Segments that the catalog is to read again.
    var rewritten: [SegmentID] = []
    /// What the segments hold.
    var held = HeldBytes()
    /// Files that hold what no segment held before, and their blocks.
    var sources: [(path: String, blocks: [HeldBlock])] = []

    /// A segment's number, and the file that is to bear it; none where it is missing.
    typealias Place = (id: SegmentID, file: SegmentPlacement.File?)

    /// Repairs a source whose recorder is stopped; durable on return.
    ///
    /// Time: two reads of the source; memory: a few words a block.
    ///
    /// - Parameter dryRun: says what it would do and changes nothing; no lock is taken then.
    /// - Throws: `JournalError`: `locked` while a recorder runs, `io`, `unsupported`.
    public init(of journal: Journal, source: SourceName, dryRun: Bool = false) throws {
        let folder = journal.folder(of: source)
        guard folder.disk.exists(folder.path) else {
            throw JournalError(.notFound, "the journal at \(journal.directory) has no source \(source)")
        }
        try Journal.checkDatabases(in: journal.directory, journal.disk)
        try folder.checkVersion()
        let lock = dryRun ? nil : try SourceLock(folder)
        try self.init(segmentsOf: journal, source: source, dryRun: dryRun)
        try rescueTail()
        if !rewritten.isEmpty, !dryRun { try noteInCatalog(journal) }
        try lock?.release()
    }

    /// Repairs the segments alone, for a writer that has the lock and sees to the tail itself.
    ///
    /// - Parameter from: the first segment to look at; those before it are in order.
    init(segmentsOf journal: Journal, source: SourceName, from: SegmentID = .first, dryRun: Bool = false) throws {
        folder = journal.folder(of: source)
        self.dryRun = dryRun
        try finishMoves()
        // A catalog that cannot be read is left to 'journal rebuild'.
        let catalog = dryRun ? nil : try? CatalogCheck(journal: journal.directory, source: source, disk: journal.disk)
        let list = try SegmentList(folder)
        var placement = SegmentPlacement(try files(in: list, from: from))
        if from > .first {
            // Where the one before is missing, what it held is missing too.
            let isKnown = try takePrevious(from.previous)
            let isAfter = placement.placed.allSatisfy { $0.file.extent?.first ?? .zero >= state.endOffset }
            guard isKnown, isAfter, placement.isInOrder, placement.unreadable.isEmpty else {
                let done = steps
                self = try JournalRepair(segmentsOf: journal, source: source, dryRun: dryRun)
                steps = done + steps
                return
            }
        }
        let known = Catalog.newest(in: journal, source: source)
        let newest = known.flatMap { id in Catalog.end(of: id, in: journal, source: source).map { (id, $0) } }
        placement.add(strays: try strays(in: list), from: state.endOffset, newest: newest)
        held.add(ranges: [.zero..<state.endOffset])
        let (places, spares) = try arrange(placement, from: from, known: known)
        let spare = try SourceInventory(folder, paths: spares)
        for index in places.indices { try look(at: places, index, journal, catalog, spare) }
        try reportUnplaced()
    }

    /// Notes in the catalog what has changed.
    func noteChanges(in journal: Journal) throws {
        if !rewritten.isEmpty, !dryRun { try noteInCatalog(journal) }
    }

    mutating func look(
        at places: [Place],
        _ index: Int,
        _ journal: Journal,
        _ catalog: CatalogCheck?,
        _ spare: SourceInventory
    ) throws {
        let (id, file) = places[index]
        let isNewest = index == places.count - 1
        let check = try file.map { try look(into: $0, as: id) }
        if let check, try !needsRepair(check, isNewest), try !fillsGap(of: check, spare) {
            held.add(check.held)
            take(check)
            // An earlier repair may have been cut off between a segment and the catalog.
            if let differences = try? catalog?.compare(check), !differences.isEmpty { rewritten.append(id) }
            return
        }
        var (next, nextSequence): (BlockTrailer?, UInt64?) = (nil, nil)
        for (id, file) in places[(index + 1)...] where nextSequence == nil {
            guard let file else { continue }
            let later = try look(into: file, as: id)
            next = next ?? later.kept.first { $0.trailer.source == folder.source }?.trailer
            nextSequence = later.held.first?.lastSequence
        }
        if let lastTaken {
            state.line = try LineCounter.behind(lastTaken.0, of: folder.disk.file(lastTaken.path))
            self.lastTaken = nil
        }
        var rewrite = try SegmentRewrite(
            folder,
            id,
            check,
            before: state,
            inForce,
            next: next,
            nextSequence: nextSequence ?? .max,
            end: isNewest ? try knownEnd(check, id, journal) : nil,
            isUnknown: file == nil,
            spare: spare
        )
        state = rewrite.state
        inForce = rewrite.inForce
        held.add(rewrite.held)
        // The newest stays open if it was, so that the recorder goes on with it.
        if !dryRun {
            try rewrite.write(sealed: !(isNewest && check?.isSealed == false))
            rewritten.append(id)
        }
        steps.append(rewrite.step)
    }

    func look(into file: SegmentPlacement.File, as id: SegmentID) throws -> SegmentCheck {
        try SegmentCheck(folder, id, isSealed: file.isSealed, path: file.path, buffer: nil)
    }

    /// Whether another file holds bytes for which the segment has a gap.
    func fillsGap(of check: SegmentCheck, _ spare: SourceInventory) throws -> Bool {
        var (sequence, gaps): (UInt64, [BlockTrailer]) = (state.lastSequence, [])
        for kept in check.kept where kept.trailer.source == folder.source {
            if kept.trailer.isGap, kept.trailer.missing > 0 { gaps.append(kept.trailer) }
            guard let own = HeldBlock(kept.location, kept.trailer) else { continue }
            for gap in gaps {
                if try spare.fits(into: gap.firstOffset..<gap.endOffset, behind: sequence, before: own.lastSequence) {
                    return true
                }
            }
            (sequence, gaps) = (own.lastSequence, [])
        }
        return try gaps.contains {
            try spare.fits(into: $0.firstOffset..<$0.endOffset, behind: sequence, before: .max)
        }
    }

    func needsRepair(_ check: SegmentCheck, _ isNewest: Bool) throws -> Bool {
        if !check.isSealed && isNewest {
            // A part of a block at the end is what a kill leaves; the recorder cuts it off and goes on.
            // Where its first block is damaged nobody knows where the whole ones belong before it is made anew.
            if let damage = check.damage.first {
                return try damage.after == 0 && !check.kept.isEmpty || !check.isDamageInTail(folder, before: state)
            }
            return beginsElsewhere(check)
        }
        return !check.isSealed || !check.damage.isEmpty || check.rest != nil || check.first?.length != 0
            || check.foreignBlocks > 0
            || check.findings.contains { $0.code == .seekTableWrong || $0.code == .hole || $0.code == .overlap }
            || beginsElsewhere(check)
    }

    /// Whether a segment does not begin where the one before it ends.
    func beginsElsewhere(_ check: SegmentCheck) -> Bool {
        check.first.map { $0.firstOffset != state.endOffset || $0.lastSequence < state.lastSequence }
            ?? (state.lastSequence > 0)
    }

    mutating func take(_ check: SegmentCheck) {
        guard let last = check.last else { return }
        state.endOffset = last.endOffset
        state.lastSequence = last.lastSequence
        state.nextArrival = last.nextArrival
        state.line = LineCounter()
        lastTaken = check.kept.last.map { ($0.location, check.path) }
        for kept in check.kept { inForce.add(kept.trailer.events) }
    }

    /// Takes a segment as it is that others are looked at behind; false where it is not there or not whole.
    mutating func takePrevious(_ id: SegmentID) throws -> Bool {
        guard folder.disk.exists(folder.sealed(id)) else { return false }
        let check = try SegmentCheck(folder, id, isSealed: true, buffer: nil)
        take(check)
        return check.findings.isEmpty && check.last != nil
    }

    /// How far the newest segment is known to have come: by its seek table or by the catalog; nil where the tail tells.
    func knownEnd(_ check: SegmentCheck?, _ id: SegmentID, _ journal: Journal) throws -> ByteOffset? {
        var behind = state
        if let last = check?.last {
            behind.endOffset = last.endOffset
            behind.lastSequence = last.lastSequence
        }
        var end = max(state.endOffset, check?.last?.endOffset ?? .zero)
        if let length = check?.listedLength, let first = check?.first, first.length == 0 {
            end = max(end, first.firstOffset + length)
        }
        end = max(end, Catalog.end(of: id, in: journal, source: folder.source) ?? end)
        let tail = try TailCheck.ifPresent(folder, behind: behind)
        guard let last = (tail?.beyond.last ?? tail?.following.last)?.entry, last.endOffset >= end else { return end }
        return nil
    }
}
