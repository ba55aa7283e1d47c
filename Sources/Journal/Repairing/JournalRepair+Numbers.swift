internal import Files

/// Which file bears which number.
extension JournalRepair {
    /// Gives files their numbers that a repair before this one was moving when it was cut off.
    func finishMoves() throws {
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

    func files(from first: SegmentID) throws -> [SegmentPlacement.File] {
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
    mutating func arrange(
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
    func lost(_ placement: SegmentPlacement) -> SegmentID {
        let found = placement.placed.last?.id ?? SegmentID(rawValue: 0)
        let near = found.rawValue + SegmentSearch.holeLimit
        return placement.unreadable.last { $0.isSealed && $0.id.rawValue <= near }?.id ?? found
    }

    /// The newest segment that a catalog knows, unless it is further from the newest that is there than any loss explains.
    func limited(_ known: SegmentID?, _ placement: SegmentPlacement) -> SegmentID {
        let found = placement.placed.last?.id ?? SegmentID(rawValue: 0)
        guard let known, known.rawValue - found.rawValue <= 1_000 else { return found }
        return known
    }

    /// By way of names that readers know, so that numbers may be exchanged.
    func move(_ moved: [(from: String, to: String)]) throws {
        for (from, to) in moved { try folder.disk.renameDurably(from, to: "\(to).\(SegmentList.movingSuffix)") }
        for (_, to) in moved { try folder.disk.renameDurably("\(to).\(SegmentList.movingSuffix)", to: to) }
    }

    func name(_ path: String) -> String { "\(folder.source)/\(path.dropFirst(folder.path.count + 1))" }
}
