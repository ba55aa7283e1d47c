internal import Files
internal import Glibc

/// A source's blocks as its writer finds them, before the tail is looked at.
struct RecoveredSource {
    private(set) var state = SourceState()
    private(set) var inForce = EventsInForce()
    /// The open segment, cut behind its last whole block, or nil where the next block begins one.
    private(set) var segment: SegmentWriter?
    /// The number that the next new segment gets.
    private(set) var nextSegment: SegmentID
    /// The newest segment, every block of which was compared with its checksum; nil without one.
    private(set) var newest: SegmentFacts?
    /// Stretches of it for which a gap stands.
    private(set) var newestGaps: [Range<ByteOffset>] = []
    /// Whether a file stood where the next open segment belongs, and no block of it could be read.
    private(set) var isEndUnknown = false

    /// Finds where the blocks end, and cuts what is no whole block off the open segment.
    ///
    /// Only the holder of the source's lock may call it. Everything found is durable on return.
    ///
    /// - Parameter last: the newest segment that the catalog knows; newer ones are found by probing.
    /// - Throws: `NeedsRepair` where the segments are not in order; nothing has been changed then.
    init(_ folder: SourceFolder, last: SegmentID?) throws {
        let search = SegmentSearch(folder: folder)
        if let last, !search.exists(last) { throw folder.missing(last, known: last) }
        var newest = max(last ?? SegmentID(rawValue: 0), search.newestName() ?? SegmentID(rawValue: 0))
        // Numbers that were given are not given again.
        while search.exists(newest.next) { newest = newest.next }
        nextSegment = newest.next
        guard newest.rawValue > 0 else { return }
        guard try search.isEndInOrder() else { throw NeedsRepair() }
        if folder.disk.exists(folder.open(newest)), !folder.disk.exists(folder.sealed(newest)) {
            try folder.disk.file(folder.open(newest), O_RDWR).syncAndReread()
            let found = try RecoveredSegment.walk(folder, newest, isSealed: false)
            let size = try found.file.size()
            if size > found.facts.storedBytes, try RecoveredSource.isDamaged(newest, folder) { throw NeedsRepair() }
            if found.facts.blockCount > 0 {
                try found.file.truncate(to: found.facts.storedBytes)
                try found.file.sync()
                segment = SegmentWriter(resuming: found, in: folder)
                try take(found, folder)
                return
            }
            // Without its opening block the file was never believed, and no slot was freed against it. It may be another's.
            isEndUnknown = size > 0
            if size > 0 { _ = try SetAside(folder: folder).put(folder.open(newest), .unreadable) }
            nextSegment = newest
            newest = SegmentID(rawValue: newest.rawValue - 1)
        }
        guard newest.rawValue > 0 else { return }
        // What a missing one held, those before it do not say.
        guard search.exists(newest) else { throw NeedsRepair() }
        guard try search.isEndInOrder(at: newest) else { throw NeedsRepair() }
        guard folder.disk.exists(folder.sealed(newest)) else { throw NeedsRepair() }
        let found = try RecoveredSegment.walk(folder, newest, isSealed: true)
        // A file is sealed by its table, so one without has lost something.
        guard found.facts.blockCount > 0, found.endsCleanly, try SeekTable.read(from: found.file) != nil else {
            throw NeedsRepair()
        }
        try take(found, folder)
    }

    /// The segments are not as a recorder or a kill leaves them.
    struct NeedsRepair: Error {}

    /// Finds where the blocks end behind a repair.
    ///
    /// - Throws: `corrupt` where they are not in order even then.
    init(repaired folder: SourceFolder) throws {
        do { try self.init(folder, last: nil) } catch is NeedsRepair {
            throw JournalError(
                .corrupt,
                "\(folder.path) is damaged so that it is not known where to go on; ask 'reprise journal verify', and restore "
                    + "what it names from a copy"
            )
        }
    }

    /// Whether whole blocks stand behind damage in the open segment, and the tail does not have everything from there on.
    ///
    /// A kill leaves a part of one block behind the last whole one, which is only cut off.
    private static func isDamaged(_ id: SegmentID, _ folder: SourceFolder) throws -> Bool {
        let check = try SegmentCheck(folder, id, isSealed: false, buffer: nil)
        guard let damage = check.damage.first else { return false }
        if damage.after == 0, !check.kept.isEmpty { return true }
        var before = SourceState()
        if let opening = check.kept.first, opening.location.start == 0 {
            before.endOffset = opening.trailer.firstOffset
            before.lastSequence = opening.trailer.lastSequence
        } else if id > .first, let previous = try? RecoveredSegment.walk(folder, id.previous, isSealed: true) {
            before = previous.state
        }
        return try !check.isDamageInTail(folder, before: before)
    }

    /// - Throws: `corrupt` where the source has come so far that readers would not believe what is written behind it.
    private mutating func take(_ found: RecoveredSegment, _ folder: SourceFolder) throws(JournalError) {
        state = found.state
        newest = found.facts
        newestGaps = found.gaps
        guard state.isWithinReach else {
            throw JournalError(
                .corrupt,
                "\(folder.path): the newest block says that the source ends at byte \(state.endOffset) with entry "
                    + "\(state.lastSequence), where no recorder gets; restore the segment from a copy"
            )
        }
        inForce = found.inForce
    }
}

/// The tail as its writer uses it.
struct WritableTail: Sendable {
    let file: FileHandle
    let geometry: TailGeometry

    /// Opens the tail or makes it, reserved in full so that a commit cannot run out of room; durable on return.
    init(_ folder: SourceFolder) throws {
        geometry = folder.geometry
        file = try folder.disk.file(folder.tail, O_RDWR | O_CREAT)
        try file.allocate(geometry.fileSize)
        try file.syncAndReread()
        try folder.disk.syncFolder(folder.path)
    }

    /// Makes blocks of the slots that go on exactly where the blocks end, until none does, and syncs them: the tail is free then.
    ///
    /// - Returns: the trailers of the blocks made.
    func drain(_ source: SourceName, into appender: SegmentAppender) throws -> [BlockTrailer] {
        let builder = try BlockBuilder(source: source, geometry)
        let content = SlotContent(geometry)
        let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: geometry.slotSize, alignment: 64)
        defer { slot.deallocate() }
        var trailers: [BlockTrailer] = []
        while let index = try slotThatGoesOn(from: appender.state) {
            let count = try file.read(into: slot, at: geometry.start(ofSlot: index))
            content.begin(after: appender.state)
            content.add(slot: UnsafeRawBufferPointer(rebasing: slot[0..<count]))
            // A header that promises more than is there was a write that a kill cut short.
            if content.isEmpty { break }
            let block = try builder.build(content)
            try appender.append(block)
            trailers.append(block.trailer)
        }
        try appender.openFile?.syncData()
        return trailers
    }

    /// Empties the tail when all of it that counts stands in synced blocks; durable on return.
    ///
    /// A power cut may leave an entry behind one that it took. Its number comes again, and where deliveries are all of one
    /// length the old entry would seem to follow the new one.
    ///
    /// - Parameter state: where the blocks end.
    /// - Throws: `corrupt` where it holds entries that are in no block; it is left as it is then.
    func renew(behind state: SourceState, _ folder: SourceFolder) throws {
        let left = TailCheck(try TailCheck.allEntries(folder), behind: state)
        guard left.following.isEmpty, left.beyond.isEmpty else {
            throw JournalError(
                .corrupt,
                "\(folder.tail) holds entries that are in no block; run 'reprise journal repair'"
            )
        }
        // Its length stays as it is at every moment: a tail that is too short has lost something.
        try clear()
        try file.sync()
    }

    private func clear() throws {
        let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: geometry.slotSize, alignment: 64)
        defer { slot.deallocate() }
        for start in (0..<geometry.slotCount).map(geometry.start(ofSlot:)) {
            let used = UnsafeMutableRawBufferPointer(
                rebasing: slot[..<(file.dataEnd(in: start..<start + geometry.slotSize) - start)]
            )
            let found = try UnsafeMutableRawBufferPointer(rebasing: used[..<file.read(into: used, at: start)])
            guard !WritableTail.isZero(UnsafeRawBufferPointer(found)) else { continue }
            found.initializeMemory(as: UInt8.self, repeating: 0)
            try file.write(UnsafeRawBufferPointer(found), at: start)
        }
    }

    private func slotThatGoesOn(from state: SourceState) throws -> Int? {
        var header = [UInt8](repeating: 0, count: TailEntry.headerSize)
        for slot in 0..<geometry.slotCount {
            guard try file.readArray(into: &header, at: geometry.start(ofSlot: slot)),
                let (entry, _) = header.withUnsafeBytes({ TailEntry.parse(header: $0) })
            else { continue }
            if entry.sequence == state.lastSequence + 1 && entry.offset == state.endOffset { return slot }
        }
        return nil
    }
}
