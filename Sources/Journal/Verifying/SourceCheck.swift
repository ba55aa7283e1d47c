internal import Files
internal import Time

/// Joins the checks of a source's segments, in order, with its tail and its catalog.
struct SourceCheck {
    private let folder: SourceFolder
    private(set) var findings: [JournalFinding] = []
    private(set) var blocks = 0
    private(set) var records = 0
    private(set) var bytes = 0
    /// Entries of the tail that are in no block, and the bytes of those that go on from the blocks.
    private(set) var tailEntries = 0
    private(set) var tailBytes = 0
    /// Where the blocks end.
    private(set) var state = SourceState()
    private var hasSegment = false
    /// What the segments hold.
    private var held = HeldBytes()
    /// Whether it is not known how far the segment before had come; that it is damaged has been said.
    private var isBehindDamage = false
    private var catalog: CatalogCheck?

    init(_ folder: SourceFolder, catalog: CatalogCheck?) {
        self.folder = folder
        self.catalog = catalog
    }

    /// A segment that has no file.
    mutating func addMissing(_ id: SegmentID) {
        isBehindDamage = true
        add(
            .segmentMissing,
            "\(folder.source)/\(id.digits).zst",
            nil,
            state.endOffset,
            "segment \(id.digits) has no file"
        )
    }

    /// A segment's own check; `isNewest` where none follows.
    mutating func add(_ check: SegmentCheck, isNewest: Bool) throws {
        var own = check.findings
        if !check.isSealed {
            if isNewest {
                // Blocks that were not synced before a power cut may be torn; the tail has them still.
                if try check.isDamageInTail(folder, before: state) { own = [] }
            } else {
                add(
                    .unsealed,
                    check.name,
                    nil,
                    check.facts.endOffset,
                    "the segment was never sealed, and others follow"
                )
            }
        }
        findings += own
        held.add(check.held)
        blocks += check.facts.blockCount
        records += check.facts.recordCount
        bytes += check.kept.reduce(0) { $0 + $1.trailer.length }
        guard let first = check.first, let last = check.last else {
            isBehindDamage = true
            return
        }
        if hasSegment, !isBehindDamage { join(first, check) }
        isBehindDamage = check.damage.contains { $0.after == check.kept.count } || check.rest != nil
        hasSegment = true
        state.endOffset = last.endOffset
        state.lastSequence = last.lastSequence
        state.nextArrival = last.nextArrival
        if let catalog { findings += try catalog.compare(check) }
    }

    private mutating func join(_ first: BlockTrailer, _ check: SegmentCheck) {
        let what = "the segment begins at \(first.firstOffset), but the one before it ends at \(state.endOffset)"
        if first.firstOffset > state.endOffset { add(.hole, check.name, 0, state.endOffset, what) }
        if first.firstOffset < state.endOffset { add(.overlap, check.name, 0, first.firstOffset, what) }
        if first.firstOffset == state.endOffset,
            first.lastSequence != state.lastSequence || first.nextArrival != state.nextArrival
        {
            add(.orderWrong, check.name, 0, first.firstOffset, "the segment does not go on from the one before it")
        }
    }

    mutating func add(_ more: [JournalFinding]) { findings += more }

    /// Looks at the tail, when all segments have been added.
    mutating func checkTail(of list: SegmentList) throws {
        let size = try folder.openTail()?.size()
        if size ?? 0 < folder.geometry.fileSize {
            let what =
                size.map { "the tail has \($0) bytes instead of \(folder.geometry.fileSize)" } ?? "the tail has no file"
            add(.tailMissing, "\(folder.source)/tail", size, nil, "\(what); what it held that is in no block is gone")
        }
        guard let tail = try TailCheck.ifPresent(folder, behind: state) else { return }
        (tailEntries, tailBytes) = tail.following.reduce((0, 0)) {
            ($0.0 + 1, $0.1 + ($1.entry.endOffset - $1.entry.offset))
        }
        tailEntries += tail.beyond.count
        guard let first = tail.beyond.first else { return }
        // A recorder may have made blocks of what stood there since its newest segment was read.
        guard try !hasMoved(since: list) else { return }
        let end = tail.end(behind: state)
        let lost = first.entry.offset - end
        add(
            .tailDamaged,
            "\(folder.source)/tail",
            first.position,
            end,
            "\(lost) bytes before an entry that is whole are damaged or gone; \(tail.beyond.count) entries behind them are whole"
        )
    }

    /// Looks into files that bear no segment's name, when all segments have been added.
    mutating func checkStrays(of list: SegmentList) throws {
        for path in list.foreignPaths {
            let name = "\(folder.source)/\(path.dropFirst(folder.path.count + 1))"
            add(.foreignFile, name, nil, nil, "a segment on its way to its number has such a name, and this is none")
        }
        held.add(ranges: try TailCheck.allEntries(folder).map { $0.entry.offset..<$0.entry.endOffset })
        for path in try list.strays() {
            // It may have become a segment since the folder was listed.
            guard folder.disk.exists(path) else { continue }
            let check = try SegmentCheck(folder, .first, isSealed: false, path: path, buffer: nil)
            let lacking = check.held.filter { held.missingBytes(of: [$0]) > 0 }
            guard let first = lacking.first else { continue }
            let name = "\(folder.source)/\(path.dropFirst(folder.path.count + 1))"
            let bytes = held.missingBytes(of: lacking)
            add(.misplaced, name, nil, first.range.lowerBound, "the file holds \(bytes) bytes that no segment holds")
            held.add(lacking)
        }
    }

    private func hasMoved(since list: SegmentList) throws -> Bool {
        guard let newest = list.newest, list.open.last == newest else {
            return folder.disk.exists(folder.open((list.newest ?? SegmentID(rawValue: 0)).next))
        }
        if folder.disk.exists(folder.sealed(newest)) || folder.disk.exists(folder.open(newest.next)) { return true }
        let check = try SegmentCheck(folder, newest, isSealed: false, buffer: nil)
        guard let last = check.last else { return false }
        return last.lastSequence != state.lastSequence
    }

    private mutating func add(
        _ code: JournalFinding.Code,
        _ file: String,
        _ byte: Int?,
        _ offset: ByteOffset?,
        _ message: String
    ) {
        findings.append(
            JournalFinding(code: code, source: folder.source, file: file, byte: byte, offset: offset, message: message)
        )
    }
}
