internal import Files
internal import SQLite

/// The tail, and what the catalog learns.
extension JournalRepair {
    /// Makes blocks of what only the tail holds, where something is missing in it, and a whole tail where it is none.
    mutating func rescueTail() throws {
        let size = try folder.openTail()?.size()
        let isWhole = size ?? 0 >= folder.geometry.fileSize
        let tail = try TailCheck.ifPresent(folder, behind: state)
        if isWhole, tail?.beyond.isEmpty ?? true { return }
        var step: RepairStep?
        if dryRun {
            if let tail, !tail.beyond.isEmpty { step = TailRescue.plan(tail, behind: state, of: folder.source) }
            if !isWhole, state.lastSequence > 0 { step = TailRescue.cut(step, behind: state, of: folder.source) }
        } else {
            let rescue = try TailRescue(
                folder,
                into: SegmentAppender(folder: folder, found: RecoveredSource(repaired: folder))
            )
            step = rescue.step
            if let id = rescue.openSegment { rewritten.append(id) }
        }
        steps.append(step ?? RepairStep(source: folder.source, file: name(folder.tail), action: .made))
    }

    /// The catalog only repeats what the segments say; one that cannot be changed is left to 'journal rebuild'.
    func noteInCatalog(_ journal: Journal) throws {
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
