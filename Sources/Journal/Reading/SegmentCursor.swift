internal import Files
internal import Time

/// Walks the blocks of a source's segments in order, from one file to the next, while the writer appends and seals.
final class SegmentCursor {
    private let folder: SourceFolder
    private let reader = BlockReader()
    private(set) var file: FileHandle?
    /// Whether the file was sealed when it was opened: all of it is durable then.
    private(set) var isSealed = false
    /// The segment whose file is open, or the one to look for.
    private(set) var id: SegmentID
    private var position = 0
    /// The segment whose seek table was used last: once is enough.
    private var leaptIn: SegmentID?
    /// The newest segment that had a file when the cursor was made: those before it have been written.
    private let newest: SegmentID

    /// Starts before the first block of a segment.
    init(_ folder: SourceFolder, at id: SegmentID, newest: SegmentID? = nil) {
        self.folder = folder
        self.id = id
        self.newest = newest ?? id
    }

    /// What stands at the cursor.
    enum Item {
        case block(BlockLocation, BlockTrailer)
        /// A block of a sealed segment that disagrees with its checksum; its content has this length.
        case damaged(contentSize: Int)
        /// A segment before the newest that is missing, or whose rest is or cannot be told apart; the cursor stands before the next.
        case cut
    }

    /// Looks at the next block without passing it; nil where there is no whole one yet.
    ///
    /// - Parameter checked: whether the stored bytes are read and compared with their checksum.
    func peek(checked: Bool) throws -> Item? {
        while true {
            guard let file = try currentFile() else {
                guard hasLater else { return nil }
                // It is older than the next one, so a second look finds it, unless it is gone.
                guard try currentFile() != nil else {
                    leave(for: try SegmentSearch(folder: folder).following(id, upTo: newest))
                    return .cut
                }
                continue
            }
            if let block = try block(in: file, checked) { return block }
            // No whole block here: a sealed file has its table here, or damage; an open one ends for now. In a copy that was
            // made while the writer went on it ends for ever: the writer seals a segment before it begins the next one.
            guard folder.disk.exists(folder.sealed(id)) || hasLater else { return nil }
            // The block may have been written, and the file sealed, since the first look.
            if let block = try block(in: file, checked) { return block }
            let table = try SeekTable.read(from: file)
            if let table, let damaged = blockInTable(table) { return .damaged(contentSize: damaged.contentSize) }
            guard table?.storedSize == position else {
                leave()
                return .cut
            }
            guard hasLater else { return nil }
            leave()
        }
    }

    /// Whether whole blocks stand behind bytes that are none; a block that is being written has nothing behind it.
    func hasBlockBehindDamage() throws -> Bool {
        guard let file = try currentFile(), try file.size() > position,
            try SeekTable.read(from: file)?.storedSize != position
        else { return false }
        return try SegmentWalk(file, from: position).next() != nil
    }

    /// Goes to the beginning of a later segment, the next where none is named.
    private func leave(for later: SegmentID? = nil) {
        file = nil
        id = later ?? id.next
        position = 0
    }

    /// Whether the cursor stands before a segment's first block.
    var isAtStart: Bool { position == 0 }

    /// The trailer of the first block of the segment that the cursor stands in; nil where it is damaged or not there yet.
    ///
    /// It is small, and where a reader begins hangs on it, so it is compared with its checksum.
    func first() throws -> BlockTrailer? {
        guard case .block(_, let trailer) = try peek(checked: true) else { return nil }
        return trailer
    }

    /// Goes back to a block that was passed.
    func back(to location: BlockLocation, in segment: SegmentID) {
        if segment != id { file = nil }
        id = segment
        position = location.start
    }

    /// Goes behind a block that was looked at.
    func pass(_ location: BlockLocation) { position = location.end }

    /// Goes behind a damaged block, by the seek table.
    func passDamaged() throws {
        guard let file, let table = try SeekTable.read(from: file), let block = blockInTable(table) else { return }
        position = block.end
    }

    /// The file and its blocks from the cursor on, by its seek table; nil where it has none, and where that was asked before.
    func blocksAhead() throws -> (FileHandle, [BlockLocation])? {
        guard let file = try currentFile(), isSealed, leaptIn != id else { return nil }
        leaptIn = id
        guard let table = try SeekTable.read(from: file) else { return nil }
        return (file, table.blocks.filter { $0.start >= position })
    }

    /// Goes forward to a block of the file.
    func advance(to location: BlockLocation) { position = location.start }

    /// Decompresses the block that was looked at last.
    func content(of location: BlockLocation, into output: UnsafeMutableRawBufferPointer) throws {
        guard let file else { return }
        try reader.content(of: location, in: file, into: output)
    }

    /// The whole block that begins at the cursor, if one does.
    private func block(in file: FileHandle, _ checked: Bool) throws -> Item? {
        guard let location = try BlockLocation.find(in: file, at: position),
            let trailer = checked ? try reader.trailer(location, in: file) : try location.trailer(in: file)
        else { return nil }
        return .block(location, trailer)
    }

    private func currentFile() throws -> FileHandle? {
        if let file { return file }
        // A copy may hold both, and then the sealed one is whole; it is tried again, because sealing renames.
        let names = [folder.sealed(id), folder.open(id), folder.sealed(id)]
        for name in names {
            if let found = try folder.disk.fileIfPresent(name) {
                file = found
                isSealed = name == folder.sealed(id)
                return found
            }
        }
        return nil
    }

    /// Whether a later segment has been begun.
    private var hasLater: Bool {
        id < newest || folder.disk.exists(folder.sealed(id.next)) || folder.disk.exists(folder.open(id.next))
    }

    /// The block that the seek table says begins at the cursor; nil behind the last.
    private func blockInTable(_ table: SeekTable) -> BlockLocation? {
        var start = 0
        var index = 0
        while index + 1 < table.frames.count {
            let frame = table.frames[index]
            let trailer = table.frames[index + 1]
            if start == position {
                return BlockLocation(
                    start: start,
                    frameSize: frame.storedSize,
                    trailerSize: trailer.storedSize,
                    contentSize: frame.contentSize
                )
            }
            start += frame.storedSize + trailer.storedSize
            index += 2
        }
        return nil
    }
}
