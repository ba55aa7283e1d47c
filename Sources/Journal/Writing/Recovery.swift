internal import Glibc

/// A source's blocks as its writer finds them, before the tail is looked at.
struct RecoveredSource {
    private(set) var state = SourceState()
    private(set) var inForce = EventsInForce()
    /// The open segment, cut behind its last whole block, or nil where the next block begins one.
    private(set) var segment: SegmentWriter?
    /// The number that the next new segment gets.
    private(set) var nextSegment: SegmentID
    /// The file that keeps what was cut off a damaged open segment, if whole blocks were among it.
    private(set) var asidePath: String?

    /// Finds where the blocks end, and cuts what is no whole block off the open segment.
    ///
    /// Only the holder of the source's lock may call it. Everything found is durable on return.
    ///
    /// - Parameter last: the newest segment that the catalog knows; newer ones are found by probing.
    init(_ folder: SourceFolder, last: SegmentID?) throws {
        let search = SegmentSearch(folder: folder)
        if let last, !search.exists(last) { throw folder.missing(last, known: last) }
        var newest = max(last ?? SegmentID(rawValue: 0), search.newestName() ?? SegmentID(rawValue: 0))
        while search.exists(newest.next) { newest = newest.next }
        // Numbers that were given are not given again.
        if search.exists(newest.next.next) { throw folder.missing(newest.next) }
        nextSegment = newest.next
        if newest.rawValue > 0, folder.disk.exists(folder.open(newest)), !folder.disk.exists(folder.sealed(newest)) {
            try folder.disk.file(folder.open(newest), O_RDWR).syncAndReread()
            let found = try RecoveredSegment.walk(folder, newest, isSealed: false)
            asidePath = try RecoveredSource.setAside(found, folder)
            if found.facts.blockCount > 0 {
                try found.file.truncate(to: found.facts.storedBytes)
                try found.file.sync()
                segment = SegmentWriter(resuming: found, in: folder)
                take(found)
                return
            }
            // Without its opening block the file was never believed, and no slot was freed against it.
            nextSegment = newest
            newest = SegmentID(rawValue: newest.rawValue - 1)
        }
        if newest.rawValue > 0 {
            let found = try RecoveredSegment.walk(folder, newest, isSealed: true)
            guard found.facts.blockCount > 0, found.endsCleanly else {
                throw JournalError(
                    .corrupt,
                    "\(folder.sealed(newest)) is damaged behind byte \(found.facts.storedBytes), and it is the newest "
                        + "segment, so it is not known where to go on; restore it from a copy or repair the journal"
                )
            }
            take(found)
        }
    }

    /// Keeps what is about to be cut off, where whole blocks are among it: a file beside the segment, synced.
    ///
    /// A kill leaves a part of one block behind the last whole one. Whole blocks behind a damaged one were once believed,
    /// so they are not thrown away; the source goes on from the damage, by itself.
    private static func setAside(_ found: RecoveredSegment, _ folder: SourceFolder) throws -> String? {
        let size = try found.file.size()
        guard size > found.facts.storedBytes else { return nil }
        var rest = [UInt8](repeating: 0, count: size - found.facts.storedBytes)
        guard try found.file.readArray(into: &rest, at: found.facts.storedBytes) else { return nil }
        let reader = BlockReader()
        for index in rest.indices.dropLast(3)
        where rest[index] == 0x28 && rest[index + 1] == 0xB5 && rest[index + 2] == 0x2F && rest[index + 3] == 0xFD {
            guard let location = try BlockLocation.find(in: found.file, at: found.facts.storedBytes + index),
                try reader.trailer(location, in: found.file) != nil
            else { continue }
            let aside = try folder.disk.file(
                "\(folder.path)/\(found.id.digits).cut-at-\(found.facts.storedBytes)",
                O_RDWR | O_CREAT | O_TRUNC
            )
            try rest.withUnsafeBytes { try aside.write($0, at: 0) }
            try aside.sync()
            try folder.disk.syncFolder(folder.path)
            return aside.path
        }
        return nil
    }

    private mutating func take(_ found: RecoveredSegment) {
        state = found.state
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
    func renew() throws {
        try file.truncate(to: 0)
        try file.allocate(geometry.fileSize)
        try file.sync()
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
