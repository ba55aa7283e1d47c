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
    public private(set) var steps: [RepairStep] = []
    private var folder: SourceFolder
    private var dryRun: Bool
    /// Where the source stands behind the segments that were looked at.
    private var state = SourceState()
    private var inForce = EventsInForce()
    /// The last block that was taken as it stands, to learn which line it leaves unfinished.
    private var lastTaken: (BlockLocation, path: String)?
    /// Segments that the catalog is to read again.
    private var rewritten: [SegmentID] = []

    /// A segment's number, and the file that is to bear it; none where it is missing.
    private typealias Place = (id: SegmentID, file: SegmentPlacement.File?)

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
        if !dryRun { try finishMoves() }
        // A catalog that cannot be read is left to 'journal rebuild'.
        let catalog = dryRun ? nil : try? CatalogCheck(journal: journal.directory, source: source, disk: journal.disk)
        let placement = SegmentPlacement(try files(from: from))
        if from > .first {
            try takePrevious(from.previous)
            let isAfter = placement.placed.allSatisfy { $0.file.extent?.first ?? .zero >= state.endOffset }
            guard isAfter, placement.isInOrder, placement.unreadable.isEmpty else {
                self = try JournalRepair(segmentsOf: journal, source: source, dryRun: dryRun)
                return
            }
        }
        let (places, spares) = try arrange(placement, from: from, known: Catalog.newest(in: journal, source: source))
        let spare = try SourceInventory(folder, paths: spares)
        for index in places.indices { try look(at: places, index, journal, catalog, spare) }
    }

    /// Notes in the catalog what has changed.
    func noteChanges(in journal: Journal) throws {
        if !rewritten.isEmpty, !dryRun { try noteInCatalog(journal) }
    }

    // MARK: - Numbers

    /// Gives files their numbers that a repair before this one was moving when it was cut off.
    private func finishMoves() throws {
        for (path, target) in try SegmentList(folder).movingPaths {
            // Where the number is taken, any other will do: what the file holds tells where it belongs.
            var (new, id) = (target, SegmentID.first)
            let isOpen = target.hasSuffix(".open")
            if folder.disk.exists(target) {
                id = (SegmentSearch(folder: folder).newestName() ?? SegmentID(rawValue: 0)).next
                new = isOpen ? folder.open(id) : folder.sealed(id)
            }
            try folder.disk.renameDurably(path, to: new)
        }
    }

    private func files(from first: SegmentID) throws -> [SegmentPlacement.File] {
        var files: [SegmentPlacement.File] = []
        for (id, isSealed) in try SegmentList(folder).all where id >= first {
            guard let isSealed else { continue }
            let check = try SegmentCheck(folder, id, isSealed: isSealed, buffer: nil)
            let own = check.kept.filter { $0.trailer.source == folder.source }
            let extent = own.first.flatMap { first in
                own.last.map { (first.trailer.firstOffset, $0.trailer.endOffset, $0.trailer.lastSequence) }
            }
            files.append(.init(id: id, isSealed: isSealed, path: check.path, extent: extent))
        }
        return files
    }

    /// Takes files out of the way that hold nothing of their own, and gives the others their numbers.
    ///
    /// - Returns: every number up to the newest with its file, and the files that were taken out of the way.
    private mutating func arrange(
        _ placement: SegmentPlacement,
        from first: SegmentID,
        known: SegmentID?
    ) throws -> ([Place], spares: [String]) {
        var spares: [String] = []
        for (files, reason) in [(placement.doubled, SetAside.Reason.doubled), (placement.unreadable, .unreadable)] {
            for file in files {
                let size = try folder.disk.fileIfPresent(file.path)?.size() ?? 0
                // What a kill leaves of a segment that was just being made is made anew under the same number.
                if size == 0, !file.isSealed, file.id >= placement.placed.last?.id ?? .first { continue }
                let aside = SetAside(folder: folder)
                var step = RepairStep(source: folder.source, file: name(file.path), action: .setAside)
                let path = aside.free(file.path, reason)
                step.keptAs = String(path.dropFirst(folder.path.count + 1))
                if !dryRun { _ = try aside.put(file.path, reason) }
                spares.append(dryRun ? file.path : path)
                steps.append(step)
            }
        }
        var byNumber: [SegmentID: SegmentPlacement.File] = [:]
        var moved: [(from: String, to: String)] = []
        for (id, file) in placement.placed {
            var file = file
            if id != file.id {
                let path = file.isSealed ? folder.sealed(id) : folder.open(id)
                var step = RepairStep(source: folder.source, file: name(file.path), action: .moved)
                step.keptAs = String(path.dropFirst(folder.path.count + 1))
                steps.append(step)
                moved.append((file.path, path))
                rewritten += [id, file.id]
                if !dryRun { file = .init(id: id, isSealed: file.isSealed, path: path, extent: file.extent) }
            }
            byNumber[id] = file
        }
        if !dryRun { try move(moved) }
        // Numbers that were given are not given again: of the newest ones the catalog may know more than there is.
        let newest = max(
            placement.placed.last?.id ?? SegmentID(rawValue: 0),
            limited(known, placement),
            lost(placement)
        )
        guard newest >= first else { return ([], spares) }
        let places = (first.rawValue...newest.rawValue).map { number -> Place in
            let id = SegmentID(rawValue: number)
            return (id, byNumber[id])
        }
        return (places, spares)
    }

    /// The newest sealed file that cannot be read, where it stands close to the others: it may have held what came last.
    private func lost(_ placement: SegmentPlacement) -> SegmentID {
        let found = placement.placed.last?.id ?? SegmentID(rawValue: 0)
        let near = found.rawValue + SegmentSearch.holeLimit
        return placement.unreadable.last { $0.isSealed && $0.id.rawValue <= near }?.id ?? found
    }

    /// The newest segment that a catalog knows, unless it is further from the newest that is there than any loss explains.
    private func limited(_ known: SegmentID?, _ placement: SegmentPlacement) -> SegmentID {
        let found = placement.placed.last?.id ?? SegmentID(rawValue: 0)
        guard let known, known.rawValue - found.rawValue <= 1_000 else { return found }
        return known
    }

    /// By way of names that readers know, so that numbers may be exchanged.
    private func move(_ moved: [(from: String, to: String)]) throws {
        for (from, to) in moved { try folder.disk.renameDurably(from, to: "\(to).\(SegmentList.movingSuffix)") }
        for (_, to) in moved { try folder.disk.renameDurably("\(to).\(SegmentList.movingSuffix)", to: to) }
    }

    private func name(_ path: String) -> String { "\(folder.source)/\(path.dropFirst(folder.path.count + 1))" }

    // MARK: - Segments

    private mutating func look(
        at places: [Place],
        _ index: Int,
        _ journal: Journal,
        _ catalog: CatalogCheck?,
        _ spare: SourceInventory
    ) throws {
        let (id, file) = places[index]
        let isNewest = index == places.count - 1
        let check = try file.map { try look(into: $0, as: id) }
        if let check, try !needsRepair(check, isNewest) {
            take(check)
            // An earlier repair may have been cut off between a segment and the catalog.
            if let differences = try? catalog?.compare(check), !differences.isEmpty { rewritten.append(id) }
            return
        }
        var next: BlockTrailer?
        for (id, file) in places[(index + 1)...] where next == nil {
            guard let file else { continue }
            next = try look(into: file, as: id).kept.first { $0.trailer.source == folder.source }?.trailer
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
            end: isNewest ? try knownEnd(check, id, journal) : nil,
            isUnknown: file == nil,
            spare: spare
        )
        state = rewrite.state
        inForce = rewrite.inForce
        // The newest stays open if it was, so that the recorder goes on with it.
        if !dryRun {
            try rewrite.write(sealed: !(isNewest && check?.isSealed == false))
            rewritten.append(id)
        }
        steps.append(rewrite.step)
    }

    private func look(into file: SegmentPlacement.File, as id: SegmentID) throws -> SegmentCheck {
        try SegmentCheck(folder, id, isSealed: file.isSealed, path: file.path, buffer: nil)
    }

    private func needsRepair(_ check: SegmentCheck, _ isNewest: Bool) throws -> Bool {
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
    private func beginsElsewhere(_ check: SegmentCheck) -> Bool {
        check.first.map { $0.firstOffset != state.endOffset || $0.lastSequence < state.lastSequence }
            ?? (state.lastSequence > 0)
    }

    private mutating func take(_ check: SegmentCheck) {
        guard let last = check.last else { return }
        state.endOffset = last.endOffset
        state.lastSequence = last.lastSequence
        state.nextArrival = last.nextArrival
        state.line = LineCounter()
        lastTaken = check.kept.last.map { ($0.location, check.path) }
        for kept in check.kept { inForce.add(kept.trailer.events) }
    }

    /// Takes a segment as it is that others are looked at behind.
    private mutating func takePrevious(_ id: SegmentID) throws {
        let isSealed = folder.disk.exists(folder.sealed(id))
        guard isSealed || folder.disk.exists(folder.open(id)) else { return }
        take(try SegmentCheck(folder, id, isSealed: isSealed, buffer: nil))
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

    // MARK: - Tail and catalog

    private mutating func rescueTail() throws {
        guard let file = try folder.openTail() else { return try makeTail("missing") }
        guard try file.size() == folder.geometry.fileSize else { return try makeTail("too short") }
        guard let tail = try TailCheck.ifPresent(folder, behind: state), !tail.beyond.isEmpty else { return }
        let step: RepairStep
        if dryRun {
            step = TailRescue.plan(tail, behind: state, of: folder.source)
        } else {
            let appender = try SegmentAppender(folder: folder, found: RecoveredSource(folder, last: nil))
            let rescue = try TailRescue(folder, WritableTail(folder), into: appender)
            step = rescue.step ?? TailRescue.plan(tail, behind: state, of: folder.source)
            if let id = appender.openSegment?.id { rewritten.append(id) }
        }
        steps.append(step)
    }

    /// Makes blocks of what is left of a tail that is missing or was cut, and makes it anew.
    private mutating func makeTail(_ what: String) throws {
        var step = RepairStep(source: folder.source, file: "\(folder.source)/tail", action: .made)
        if !dryRun {
            let appender = try SegmentAppender(folder: folder, found: RecoveredSource(folder, last: nil))
            let rescue = try TailRescue(folder, WritableTail(folder), into: appender)
            if let rescued = rescue.step { step = rescued }
            if let id = appender.openSegment?.id { rewritten.append(id) }
        } else if let tail = try TailCheck.ifPresent(folder, behind: state), !tail.beyond.isEmpty {
            step = TailRescue.plan(tail, behind: state, of: folder.source)
        }
        steps.append(step)
    }

    /// The catalog only repeats what the segments say; one that cannot be changed is left to 'journal rebuild'.
    private func noteInCatalog(_ journal: Journal) throws {
        // Where there is none, the next recorder makes it.
        guard journal.disk.exists(Catalog.path(journal: journal.directory)) else { return }
        let catalog = try Catalog(journal: journal.directory, disk: journal.disk)
        try catalog.catchUp(folder)
        for id in Set(rewritten).sorted() {
            guard folder.disk.exists(folder.sealed(id)) || folder.disk.exists(folder.open(id)) else {
                try catalog.forgetSegment(id, of: folder.source)
                continue
            }
            try catalog.read(id, of: folder)
        }
    }
}
