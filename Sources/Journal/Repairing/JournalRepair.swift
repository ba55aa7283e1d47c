internal import Files
internal import Glibc
internal import SQLite
internal import Time

/// Puts a damaged source into order: what is whole stays, what no reader can use goes, and a gap event says what is missing.
///
/// Nothing is changed in place: new files are written, synced, and given the old names.
public struct JournalRepair: Sendable {
    /// What was done, or would be, file by file.
    public private(set) var steps: [RepairStep] = []
    private let folder: SourceFolder
    private let dryRun: Bool
    /// Where the source stands behind the segments that were looked at.
    private var state = SourceState()
    private var inForce = EventsInForce()
    /// Segments that the catalog is to read again.
    private var rewritten: [SegmentID] = []

    /// Repairs a source whose recorder is stopped; durable on return.
    ///
    /// Time: one read of the source; memory: a few words a block of one segment.
    ///
    /// - Parameter dryRun: says what it would do and changes nothing; no lock is taken then.
    /// - Throws: `JournalError`: `locked` while a recorder runs, `io`, `unsupported`.
    public init(of journal: Journal, source: SourceName, dryRun: Bool = false) throws {
        folder = journal.folder(of: source)
        self.dryRun = dryRun
        guard folder.disk.exists(folder.path) else {
            throw JournalError(.notFound, "the journal at \(journal.directory) has no source \(source)")
        }
        try Journal.checkDatabases(in: journal.directory, journal.disk)
        try folder.checkVersion()
        let lock = dryRun ? nil : try SourceLock(folder)
        // A catalog that cannot be read is left to 'journal rebuild'.
        let catalog = dryRun ? nil : try? CatalogCheck(journal: journal.directory, source: source, disk: journal.disk)
        let list = try SegmentList(folder)
        let all = list.all
        for (index, (id, isSealed)) in all.enumerated() {
            try look(at: id, isSealed: isSealed, behind: all.suffix(from: index + 1), journal, catalog)
        }
        try rescueTail()
        if !rewritten.isEmpty, !dryRun { try noteInCatalog(journal) }
        try lock?.release()
    }

    private mutating func look(
        at id: SegmentID,
        isSealed: Bool?,
        behind rest: ArraySlice<(id: SegmentID, isSealed: Bool?)>,
        _ journal: Journal,
        _ catalog: CatalogCheck?
    ) throws {
        let isNewest = rest.isEmpty
        let check = try isSealed.map { try SegmentCheck(folder, id, isSealed: $0, buffer: nil) }
        if let check, try !needsRepair(check, isNewest) {
            take(check)
            // An earlier repair may have been cut off between a segment and the catalog.
            if let differences = try? catalog?.compare(check), !differences.isEmpty { rewritten.append(id) }
            return
        }
        var next: BlockTrailer?
        for (id, isSealed) in rest where next == nil {
            next = try isSealed.flatMap { try SegmentCheck(folder, id, isSealed: $0, buffer: nil).first }
        }
        let rewrite = try SegmentRewrite(
            folder,
            id,
            check,
            before: state,
            inForce,
            next: next,
            end: isNewest ? try knownEnd(check, id, journal) : nil
        )
        steps.append(rewrite.step)
        state = rewrite.state
        inForce = rewrite.inForce
        guard !dryRun else { return }
        let old = try check.map { try folder.disk.file($0.isSealed ? folder.sealed(id) : folder.open(id)) }
        // The newest stays open if it was, so that the recorder goes on with it.
        try rewrite.write(sealed: !(isNewest && check?.isSealed == false), from: old)
        rewritten.append(id)
    }

    private func needsRepair(_ check: SegmentCheck, _ isNewest: Bool) throws -> Bool {
        if !check.isSealed && isNewest {
            // A part of a block at the end is what a kill leaves; the recorder cuts it off and goes on.
            return try !check.damage.isEmpty && !check.isDamageInTail(folder, before: state)
        }
        return !check.isSealed || !check.damage.isEmpty || check.rest != nil || check.first?.length != 0
            || check.findings.contains { $0.code == .seekTableWrong || $0.code == .hole || $0.code == .overlap }
            || (state.lastSequence > 0 && check.first.map { $0.firstOffset != state.endOffset } ?? true)
    }

    private mutating func take(_ check: SegmentCheck) {
        guard let last = check.last else { return }
        state.endOffset = last.endOffset
        state.lastSequence = last.lastSequence
        state.nextArrival = last.nextArrival
        state.line = LineCounter()
        for kept in check.kept { inForce.add(kept.trailer.events) }
    }

    /// How far the newest segment is known to have come: by its seek table or by the catalog; nil where the tail tells.
    private func knownEnd(_ check: SegmentCheck?, _ id: SegmentID, _ journal: Journal) throws -> ByteOffset? {
        var behind = state
        if let last = check?.last {
            behind.endOffset = last.endOffset
            behind.lastSequence = last.lastSequence
        }
        if let tail = try TailCheck.ifPresent(folder, behind: behind), !tail.following.isEmpty || !tail.beyond.isEmpty {
            return nil
        }
        var end = max(state.endOffset, check?.last?.endOffset ?? .zero)
        if let length = check?.listedLength, let first = check?.first, first.length == 0 {
            end = max(end, first.firstOffset + length)
        }
        return max(end, Catalog.end(of: id, in: journal, source: folder.source) ?? end)
    }

    private mutating func rescueTail() throws {
        guard let tail = try TailCheck.ifPresent(folder, behind: state), !tail.beyond.isEmpty else { return }
        let rescue = try TailRescue(folder, tail, behind: state, dryRun: dryRun)
        steps.append(rescue.step)
        if let id = rescue.segment { rewritten.append(id) }
    }

    /// The catalog only repeats what the segments say; one that cannot be changed is left to 'journal rebuild'.
    private func noteInCatalog(_ journal: Journal) throws {
        // Where there is none, the next recorder makes it.
        guard journal.disk.exists(Catalog.path(journal: journal.directory)) else { return }
        let catalog = try Catalog(journal: journal.directory, disk: journal.disk)
        try catalog.catchUp(folder)
        for id in rewritten { try catalog.read(id, of: folder) }
    }
}
