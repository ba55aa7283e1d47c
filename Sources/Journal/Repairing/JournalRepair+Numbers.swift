internal import Files

/// Which file bears which number.
extension JournalRepair {
    /// Gives files their numbers that a repair before this one was moving when it was cut off.
    mutating func finishMoves() throws {
        let list = try SegmentList(folder)
        for path in list.foreignPaths { try setAside(path, .unreadable) }
        guard !dryRun else { return }
        for (path, target) in list.movingPaths {
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

    /// Renames what holds no place, or would in a dry run; returns where it is to be found then.
    @discardableResult
    mutating func setAside(_ path: String, _ reason: SetAside.Reason) throws -> String {
        let aside = SetAside(folder: folder)
        var step = RepairStep(source: folder.source, file: name(path), action: .setAside)
        let new = aside.free(path, reason)
        step.keptAs = String(new.dropFirst(folder.path.count + 1))
        steps.append(step)
        guard !dryRun else { return path }
        _ = try aside.put(path, reason)
        return new
    }

    func files(in list: SegmentList, from first: SegmentID) throws -> [SegmentPlacement.File] {
        try list.all.compactMap { id, isSealed in
            guard id >= first, let isSealed else { return nil }
            return file(try SegmentCheck(folder, id, isSealed: isSealed, buffer: nil))
        }
    }

    /// Files under other names that hold blocks of the source.
    func strays(in list: SegmentList) throws -> [SegmentPlacement.File] {
        try list.strays().compactMap { path in
            guard let opened = try folder.disk.fileIfPresent(path) else { return nil }
            let isSealed = try SeekTable.read(from: opened) != nil
            let digits = path.dropFirst(folder.path.count + 1).prefix { $0.isASCII && $0.isNumber }
            let id = SegmentID(rawValue: Int64(digits) ?? 0)
            let found = file(try SegmentCheck(folder, id, isSealed: isSealed, path: path, buffer: nil))
            return found.held.isEmpty ? nil : found
        }
    }

    private func file(_ check: SegmentCheck) -> SegmentPlacement.File {
        let own = check.kept.filter { $0.trailer.source == folder.source }
        let extent = own.first.flatMap { first in
            own.last.map { (first.trailer.firstOffset, $0.trailer.endOffset, $0.trailer.lastSequence) }
        }
        return .init(id: check.id, isSealed: check.isSealed, path: check.path, extent: extent, held: check.held)
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
        for file in placement.doubled {
            let isNeeded = placement.bytesWithoutPlace(in: file) > 0
            let path = try setAside(file.path, isNeeded ? .kept : .doubled)
            spares.append(path)
            if isNeeded { sources.append((path, file.held)) }
        }
        for file in placement.unreadable where try !isLeftByKill(file, behind: placement) {
            spares.append(try setAside(file.path, .unreadable))
        }
        for file in placement.unnumbered {
            spares.append(file.path)
            sources.append((file.path, file.held))
        }
        var byNumber: [SegmentID: SegmentPlacement.File] = [:]
        var moved: [(from: String, to: String)] = []
        for (id, file) in placement.placed {
            var file = file
            let path = file.isSealed ? folder.sealed(id) : folder.open(id)
            if path != file.path {
                var step = RepairStep(source: folder.source, file: name(file.path), action: .moved)
                step.keptAs = String(path.dropFirst(folder.path.count + 1))
                steps.append(step)
                moved.append((file.path, path))
                rewritten += SegmentID.range.contains(file.id.rawValue) ? [id, file.id] : [id]
                if !dryRun {
                    file = .init(
                        id: id,
                        isSealed: file.isSealed,
                        path: path,
                        extent: file.extent,
                        held: file.held
                    )
                }
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

    /// Whether a file is what a kill leaves of a segment that was just being made: it is made anew under the same number.
    private func isLeftByKill(_ file: SegmentPlacement.File, behind placement: SegmentPlacement) throws -> Bool {
        let isNext = placement.placed.last.map { $0.file.isSealed && file.id == $0.id.next } ?? (file.id == .first)
        return try isNext && !file.isSealed && folder.disk.fileIfPresent(file.path)?.size() ?? 0 == 0
    }

    /// Says which files still hold bytes that no segment holds: they overlap what is there, and fit nowhere.
    mutating func reportUnplaced() throws {
        guard !sources.isEmpty else { return }
        held.add(ranges: try TailCheck.allEntries(folder).map { $0.entry.offset..<$0.entry.endOffset })
        for (path, blocks) in sources {
            let bytes = held.missingBytes(of: blocks)
            guard bytes > 0 else { continue }
            var step = RepairStep(source: folder.source, file: name(path), action: .unplaced)
            step.bytes = bytes
            steps.append(step)
        }
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
