internal import Files
internal import Compression
internal import Glibc

/// Walks a segment's file from its beginning to its end, over damage too: what verify and repair see.
///
/// Every block is read and compared with its checksum. Behind damage it goes on with the next whole block: by the seek table
/// where that is whole, else by a search for one.
final class SegmentWalk {
    enum Item {
        case block(BlockLocation, BlockTrailer)
        /// Bytes of the file before the next whole block.
        case damage(Range<Int>)
    }

    let file: FileHandle
    let size: Int
    /// The seek table that the file ends with; nil where it ends with none.
    let table: SeekTable?
    /// Whether the file ends with a table that lists exactly the blocks that were walked over and nothing else.
    private(set) var tableAgrees = false
    /// Where the walk ended: behind the last whole block.
    private(set) var position = 0
    private let reader = BlockReader()
    private var walked = SeekTable()

    /// - Parameter start: where a block begins, or is to.
    init(_ file: FileHandle, from start: Int = 0) throws {
        self.file = file
        position = start
        size = try file.size()
        table = try SeekTable.read(from: file)
    }

    /// The next item, or nil when nothing follows but a seek table, or what might have become one or a block.
    func next() throws -> Item? {
        if let item = try block(at: position) { return item }
        if let found = try nextBlock(behind: position) {
            let damage = position..<found
            position = found
            return .damage(damage)
        }
        tableAgrees = table == walked
        return nil
    }

    /// Decompresses the block that `next` gave last.
    func content(of location: BlockLocation, into output: UnsafeMutableRawBufferPointer) throws {
        try reader.content(of: location, in: file, into: output)
    }

    private func block(at start: Int) throws -> Item? {
        guard let location = try BlockLocation.find(in: file, at: start),
            let trailer = try reader.trailer(location, in: file)
        else { return nil }
        position = location.end
        walked.add(frame: location.frameSize, location.contentSize, trailer: location.trailerSize)
        return .block(location, trailer)
    }

    private func nextBlock(behind start: Int) throws -> Int? {
        if let table {
            var place = 0
            for (index, frame) in table.frames.enumerated() {
                if place > start, index.isMultiple(of: 2), try isBlock(at: place) { return place }
                place += frame.storedSize
            }
        }
        return try search(behind: start)
    }

    /// Looks at every place where the magic number of a frame stands.
    private func search(behind start: Int) throws -> Int? {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { chunk.deallocate() }
        var place = start + 1
        while place < size {
            let count = try file.read(into: chunk, at: place)
            guard count >= 4, let base = chunk.baseAddress else { return nil }
            var index = 0
            while index + 4 <= count, let found = memchr(base + index, 0x28, count - 3 - index) {
                index = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                let magic = chunk.loadUnaligned(fromByteOffset: index, as: UInt32.self)
                if magic == ZstdFrame.magic.littleEndian, try isBlock(at: place + index) { return place + index }
                index += 1
            }
            // The last three bytes may begin a magic number.
            place += count - 3
        }
        return nil
    }

    /// Whether a zstd frame, whole or not, begins at a place.
    func beginsFrame(at start: Int) throws -> Bool {
        var magic: [UInt8] = [0, 0, 0, 0]
        guard try file.readArray(into: &magic, at: start) else { return false }
        return magic.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } == ZstdFrame.magic.littleEndian
    }

    private func isBlock(at start: Int) throws -> Bool {
        guard let location = try BlockLocation.find(in: file, at: start) else { return false }
        return try reader.trailer(location, in: file) != nil
    }
}
