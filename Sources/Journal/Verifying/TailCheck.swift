internal import Files
internal import Glibc

/// What a tail holds behind the blocks: the entries that go on from them, and those that only prove that others are gone.
struct TailCheck {
    struct Entry {
        let entry: TailEntry
        /// Where it stands in the file.
        let position: Int
    }

    /// Entries that go on from the blocks, in order.
    private(set) var following: [Entry] = []
    /// Entries with later numbers that agree with their checksum, in order.
    private(set) var beyond: [Entry] = []

    /// Reads a tail.
    ///
    /// Costs one read of the file; memory: a few words an entry.
    ///
    /// - Parameter state: where the blocks end.
    init(_ file: FileHandle, _ geometry: TailGeometry, behind state: SourceState) throws {
        self.init(try TailCheck.allEntries(file, geometry), behind: state)
    }

    /// Sorts entries by what they are to blocks that end at a place.
    init(_ all: [Entry], behind state: SourceState) {
        let found = all.filter { $0.entry.sequence > state.lastSequence && $0.entry.offset >= state.endOffset }
        var sequence = state.lastSequence
        var offset = state.endOffset
        for candidate in found {
            if candidate.entry.sequence == sequence + 1, candidate.entry.offset == offset, beyond.isEmpty {
                following.append(candidate)
                sequence += 1
                offset = candidate.entry.endOffset
            } else if candidate.entry.sequence > sequence, candidate.entry.offset >= offset {
                beyond.append(candidate)
                sequence = candidate.entry.sequence
                offset = candidate.entry.endOffset
            }
        }
    }

    /// Where the source ends as far as the tail goes on.
    func end(behind state: SourceState) -> ByteOffset { following.last?.entry.endOffset ?? state.endOffset }

    /// Reads a source's tail; nil where it has none.
    static func ifPresent(_ folder: SourceFolder, behind state: SourceState) throws -> TailCheck? {
        guard let file = try folder.disk.fileIfPresent(folder.tail) else { return nil }
        return try TailCheck(file, folder.geometry, behind: state)
    }

    /// Every entry of a source's tail that agrees with its checksum, old ones too, by their numbers.
    static func allEntries(_ folder: SourceFolder) throws -> [Entry] {
        guard let file = try folder.openTail() else { return [] }
        return try allEntries(file, folder.geometry)
    }

    private static func allEntries(_ file: FileHandle, _ geometry: TailGeometry) throws -> [Entry] {
        var found: [Entry] = []
        let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: geometry.slotSize, alignment: 64)
        defer { slot.deallocate() }
        for index in 0..<geometry.slotCount {
            let start = geometry.start(ofSlot: index)
            let used = file.dataEnd(in: start..<start + geometry.slotSize) - start
            let count = try file.read(into: .init(rebasing: slot[..<used]), at: start)
            TailCheck.entries(in: UnsafeRawBufferPointer(rebasing: slot[0..<count])) { entry, position in
                found.append(Entry(entry: entry, position: start + position))
            }
        }
        return found.sorted { ($0.entry.sequence, $0.position) < ($1.entry.sequence, $1.position) }
    }

    /// Finds every entry in a slot, behind damage too.
    private static func entries(in slot: UnsafeRawBufferPointer, _ body: (TailEntry, Int) -> Void) {
        var position = 0
        while position + TailEntry.headerSize <= slot.count {
            if let entry = TailEntry.parse(UnsafeRawBufferPointer(rebasing: slot[position...])) {
                body(entry, position)
                position += entry.storedSize
                continue
            }
            guard let next = nextMagic(in: slot, behind: position) else { return }
            position = next
        }
    }

    private static func nextMagic(in slot: UnsafeRawBufferPointer, behind position: Int) -> Int? {
        guard let base = slot.baseAddress else { return nil }
        var index = position + 1
        while index + 4 <= slot.count, let found = memchr(base + index, 0x52, slot.count - 3 - index) {
            index = UnsafeRawPointer(found) - base
            if slot.loadUnaligned(fromByteOffset: index, as: UInt32.self) == TailEntry.magic.littleEndian {
                return index
            }
            index += 1
        }
        return nil
    }
}

extension SegmentCheck {
    /// Whether an open segment's first damaged block, and all behind it, stand in the tail still.
    ///
    /// A power cut may tear a block that was not synced and leave the next one whole: nothing is lost then.
    ///
    /// - Parameter before: where the source stands before this segment.
    func isDamageInTail(_ folder: SourceFolder, before: SourceState) throws -> Bool {
        guard let first = damage.first else { return false }
        var state = before
        if first.after > 0 {
            state.endOffset = kept[first.after - 1].trailer.endOffset
            state.lastSequence = kept[first.after - 1].trailer.lastSequence
        }
        // The tail may be damaged too: it has to reach as far as the whole blocks behind the damage.
        guard let end = try TailCheck.ifPresent(folder, behind: state)?.following.last?.entry else { return false }
        return end.sequence >= last?.lastSequence ?? 0 && end.endOffset >= last?.endOffset ?? .zero
    }
}
