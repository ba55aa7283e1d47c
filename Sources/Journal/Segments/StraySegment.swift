internal import Failures
internal import Files
internal import Compression

/// A file that holds a segment and bears no name of one.
enum StraySegment {
    /// Whether a file begins like a segment: with zstd's magic number, or with the marker of our first trailer close by.
    static func isOne(_ path: String, _ folder: SourceFolder) throws -> Bool {
        // A link that leads nowhere has no status, and a FIFO is not opened.
        guard (try? folder.disk.status(of: path))?.kind == .regular else { return false }
        guard let file = try open(path, folder) else { return false }
        var head = [UInt8](repeating: 0, count: min(4_096, try file.size()))
        guard head.count > 4, try file.readArray(into: &head, at: 0) else { return false }
        if head.withUnsafeBytes({ $0.loadUnaligned(as: UInt32.self) }) == ZstdFrame.magic.littleEndian { return true }
        return head.indices.contains { head[$0...].starts(with: BlockTrailer.magic) }
    }

    /// - Throws: `io` for a file that may not be read and whose name begins with a number; others are nobody's business.
    private static func open(_ path: String, _ folder: SourceFolder) throws(FileError) -> FileHandle? {
        do { return try folder.disk.fileIfPresent(path) } catch {
            let isLikeOurs = path.dropFirst(folder.path.count + 1).first?.isNumber ?? false
            guard error.code == .notRegular || !isLikeOurs && error.failureCause == .permission else { throw error }
            return nil
        }
    }

    /// Whether a stray, or a file whose number is too high to be looked for, holds a whole block behind a place.
    ///
    /// The newest segment may have lost its name. Lists the folder, so it is only asked where no catalog knows which that is.
    static func reach(behind end: ByteOffset, in folder: SourceFolder) throws -> Bool {
        let list = try SegmentList(folder)
        let newest = SegmentSearch(folder: folder).newestName() ?? SegmentID(rawValue: 0)
        let distant =
            list.sealed.filter { $0 > newest }.map(folder.sealed) + list.open.filter { $0 > newest }.map(folder.open)
        for path in try list.strays() + distant.filter({ try isOne($0, folder) }) {
            guard let file = try folder.disk.fileIfPresent(path) else { continue }
            let blocks = try SeekTable.read(from: file)?.blocks ?? rowOfBlocks(in: file)
            for location in blocks.suffix(1) {
                guard let trailer = try location.trailer(in: file), trailer.source == folder.source,
                    HeldBlock(location, trailer).map({ $0.range.upperBound > end }) ?? false,
                    try BlockReader().trailer(location, in: file) != nil
                else { continue }
                return true
            }
        }
        return false
    }

    private static func rowOfBlocks(in file: FileHandle) throws -> [BlockLocation] {
        var (blocks, position): ([BlockLocation], Int) = ([], 0)
        while let location = try BlockLocation.find(in: file, at: position), try location.trailer(in: file) != nil {
            blocks.append(location)
            position = location.end
        }
        return blocks
    }
}
