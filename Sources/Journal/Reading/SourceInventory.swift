internal import Files
internal import Time

/// What a source's files hold wherever it stands: in which file, under which number, at which end of the tail.
///
/// Readers and repair ask it for what belongs into a hole. Trailers are believed when their block is opened, and not before.
final class SourceInventory {
    struct Block {
        let path: String
        let location: BlockLocation
        let firstOffset: ByteOffset
        let endOffset: ByteOffset
        let lastSequence: UInt64
        let earliest: Timestamp
    }

    enum Found {
        case block(Block)
        case entry(TailCheck.Entry)
    }

    /// What comes behind a hole: what is looked for lies before it.
    struct Limit {
        let offset: ByteOffset
        let sequence: UInt64
        let earliest: Timestamp

        init(_ trailer: BlockTrailer) {
            offset = trailer.firstOffset
            sequence = trailer.lastSequence
            earliest = trailer.earliest
        }

        /// A stored gap says nothing of what comes behind it but where that begins.
        init(endOf gap: BlockTrailer) {
            offset = gap.endOffset
            sequence = gap.lastSequence
            earliest = Timestamp(rawValue: Int64.max)
        }
    }

    private let folder: SourceFolder
    private let reader = BlockReader()
    /// By offset, then by sequence.
    private var blocks: [Block] = []
    /// Blocks before this one are behind the reader.
    private var nextBlock = 0
    /// By sequence.
    private var entries: [TailCheck.Entry] = []
    private var nextEntry = 0
    private var file: FileHandle?

    /// Looks through files and, by its entries, through the tail.
    ///
    /// Costs a few hundred bytes a block of a file with a seek table, and one read of every other file and of the tail.
    init(_ folder: SourceFolder, paths: [String]) throws {
        self.folder = folder
        for path in paths {
            guard let file = try folder.disk.fileIfPresent(path) else { continue }
            try add(file)
        }
        blocks.sort { ($0.firstOffset, $0.lastSequence) < ($1.firstOffset, $1.lastSequence) }
        try lookAtTail()
    }

    /// Looks through the tail again: its writer may have gone on.
    func lookAtTail() throws {
        entries = try TailCheck.allEntries(folder)
        nextEntry = 0
    }

    /// Where everything ends.
    var endOffset: ByteOffset {
        max(blocks.map(\.endOffset).max() ?? .zero, entries.map(\.entry.endOffset).max() ?? .zero)
    }

    private func add(_ file: FileHandle) throws {
        if let listed = try listed(in: file) {
            for (location, trailer) in listed { add(trailer, location, file.path) }
        } else {
            let walk = try SegmentWalk(file)
            while let item = try walk.next() {
                if case .block(let location, let trailer) = item { add(trailer, location, file.path) }
            }
        }
    }

    /// A file's blocks by its seek table; nil where it has none, or where the table and a block disagree: either may be damaged.
    private func listed(in file: FileHandle) throws -> [(BlockLocation, BlockTrailer)]? {
        guard let table = try SeekTable.read(from: file) else { return nil }
        var listed: [(BlockLocation, BlockTrailer)] = []
        for location in table.blocks {
            guard location.frameSize > 0, location.trailerSize > 16, location.trailerSize <= BlockTrailer.byteLimit,
                let trailer = try location.trailer(in: file)
            else { return nil }
            listed.append((location, trailer))
        }
        return listed
    }

    private func add(_ trailer: BlockTrailer, _ location: BlockLocation, _ path: String) {
        guard trailer.source == folder.source, let held = HeldBlock(location, trailer) else { return }
        blocks.append(
            Block(
                path: path,
                location: location,
                firstOffset: trailer.firstOffset,
                endOffset: held.range.upperBound,
                lastSequence: trailer.lastSequence,
                earliest: trailer.earliest
            )
        )
    }

    /// The first that is held of what lies behind a place and before a limit; nil where nothing is.
    func first(behind offset: ByteOffset, _ sequence: UInt64, before limit: Limit?) -> Found? {
        while nextBlock < blocks.count, isBehind(blocks[nextBlock], offset, sequence) { nextBlock += 1 }
        let block = blocks[nextBlock...].first { !isBehind($0, offset, sequence) }.flatMap { block in
            limit.map {
                block.firstOffset < $0.offset || block.firstOffset == $0.offset && block.earliest < $0.earliest
            }
                ?? true ? block : nil
        }
        while nextEntry < entries.count, entries[nextEntry].entry.sequence <= sequence { nextEntry += 1 }
        let entry = entries[nextEntry...].first { $0.entry.offset >= offset }.flatMap { found in
            limit.map { found.entry.endOffset <= $0.offset && found.entry.arrival < $0.earliest } ?? true ? found : nil
        }
        switch (block, entry) {
        case (nil, nil): return nil
        case (let block?, nil): return .block(block)
        case (nil, let entry?): return .entry(entry)
        case (let block?, let entry?):
            // A block says of itself whether a line begins in it.
            return max(block.firstOffset, offset) <= entry.entry.offset ? .block(block) : .entry(entry)
        }
    }

    /// Whether a whole block fits into a stretch for which a gap is stored.
    ///
    /// - Parameters:
    ///   - sequence: what stands before the gap.
    ///   - limit: what stands behind it.
    func fits(into gap: Range<ByteOffset>, behind sequence: UInt64, before limit: UInt64) throws -> Bool {
        for block in blocks where gap.lowerBound <= block.firstOffset && block.endOffset <= gap.upperBound {
            guard block.endOffset > block.firstOffset, sequence < block.lastSequence, block.lastSequence < limit,
                try open(block) != nil
            else { continue }
            return true
        }
        return false
    }

    private func isBehind(_ block: Block, _ offset: ByteOffset, _ sequence: UInt64) -> Bool {
        block.lastSequence <= sequence || block.endOffset < offset
    }

    /// Takes out a block that turned out to be damaged.
    func drop(_ block: Block) { blocks.removeAll { $0.path == block.path && $0.location == block.location } }

    /// A block's trailer, compared with its checksum; nil where it is damaged.
    func open(_ block: Block) throws -> BlockTrailer? {
        if file?.path != block.path { file = try folder.disk.fileIfPresent(block.path) }
        guard let file else { return nil }
        return try reader.trailer(block.location, in: file)
    }

    /// Decompresses the block that was opened last.
    func content(of block: Block, into output: UnsafeMutableRawBufferPointer) throws {
        guard let file else { return }
        try reader.content(of: block.location, in: file, into: output)
    }

    /// An entry's bytes; nil where its slot has been used again.
    func payload(of found: TailCheck.Entry) throws -> [UInt8]? {
        guard let tail = try folder.disk.fileIfPresent(folder.tail) else { return nil }
        var stored = [UInt8](repeating: 0, count: found.entry.storedSize)
        guard try tail.readArray(into: &stored, at: found.position),
            stored.withUnsafeBytes({ TailEntry.parse($0) }) == found.entry
        else { return nil }
        return Array(stored[TailEntry.headerSize...])
    }

    /// Takes out an entry whose slot has been used again.
    func drop(_ found: TailCheck.Entry) { entries.removeAll { $0.position == found.position } }
}
