internal import Files
internal import Compression

/// Where a block lies in a segment file.
struct BlockLocation: Equatable {
    let start: Int
    let frameSize: Int
    let trailerSize: Int
    let contentSize: Int

    var storedSize: Int { frameSize + trailerSize }
    var end: Int { start + storedSize }

    /// Finds the block that begins at a place in a file by walking its frame's block headers, a few bytes each.
    ///
    /// - Returns: nil where no whole block begins there: the file ends, or something else follows.
    static func find(in file: FileHandle, at start: Int) throws(FileError) -> BlockLocation? {
        guard let (frameSize, contentSize) = try frame(in: file, at: start) else { return nil }
        var header = [UInt8](repeating: 0, count: 8)
        guard try file.readArray(into: &header, at: start + frameSize) else { return nil }
        let size: UInt32? = header.withUnsafeBytes { bytes in
            var parser = ByteParser(bytes)
            return parser.integer(UInt32.self) == ZstdFrame.skippableMagic ? parser.integer(UInt32.self) : nil
        }
        guard let size, Int(size) + 8 <= BlockTrailer.byteLimit else { return nil }
        let location = BlockLocation(
            start: start,
            frameSize: frameSize,
            trailerSize: Int(size) + 8,
            contentSize: contentSize
        )
        return try file.size() >= location.end ? location : nil
    }

    /// Reads the block's trailer without its frame: enough to find one's way, not to believe the bytes.
    func trailer(in file: FileHandle) throws -> BlockTrailer? {
        var stored = [UInt8](repeating: 0, count: trailerSize)
        guard try file.readArray(into: &stored, at: start + frameSize) else { return nil }
        guard let trailer = stored.withUnsafeBytes({ BlockTrailer.decode(unchecked: $0) }) else {
            // Whether a version is newer, or a damaged byte, only the whole block tells.
            if stored.withUnsafeBytes({ BlockTrailer.newerVersion(unchecked: $0) }) != nil {
                _ = try BlockReader().trailer(self, in: file)
            }
            return nil
        }
        return trailer.length == contentSize ? trailer : nil
    }

    private static func frame(in file: FileHandle, at start: Int) throws(FileError) -> (Int, Int)? {
        var header = [UInt8](repeating: 0, count: ZstdFrame.headerByteLimit)
        // The last bytes of a file may be fewer than the longest header; zeros then stand in for them.
        _ = try file.readArray(into: &header, at: start)
        let facts: (header: Int, content: Int, checksum: Int)? = header.withUnsafeBytes { bytes in
            guard let size = ZstdFrame.headerSize(bytes), let content = ZstdFrame.contentSize(header: bytes) else {
                return nil
            }
            return (size, content, ZstdFrame.hasChecksum(header: bytes) ? 4 : 0)
        }
        guard let facts, facts.content <= TailGeometry.standard.slotSize else { return nil }
        var position = start + facts.header
        let limit = start + ZstdFrame.bound(TailGeometry.standard.slotSize)
        var block: [UInt8] = [0, 0, 0]
        while position <= limit {
            guard try file.readArray(into: &block, at: position),
                let (isLast, size) = block.withUnsafeBytes({ ZstdFrame.blockHeader($0) })
            else { return nil }
            position += 3 + size
            if isLast { return (position - start + facts.checksum, facts.content) }
        }
        return nil
    }
}

/// Reads blocks out of segment files and believes only those that agree with their checksum.
final class BlockReader {
    /// Made when content is first asked for: a search looks into many files for a few hundred bytes of each.
    private var decompressor: ZstdDecompressor?
    private var stored = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)

    deinit { stored.deallocate() }

    /// Reads a block's stored bytes and checks them; nil where they do not agree with the checksum.
    ///
    /// - Throws: `io`, `unsupported` for a whole block that a newer Reprise wrote.
    func trailer(_ location: BlockLocation, in file: FileHandle) throws -> BlockTrailer? {
        if stored.count < location.storedSize {
            stored.deallocate()
            stored = .allocate(byteCount: location.storedSize + location.storedSize / 4, alignment: 64)
        }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: stored[0..<location.storedSize])
        guard try file.read(into: bytes, at: location.start) == bytes.count else { return nil }
        let trailerBytes = UnsafeRawBufferPointer(rebasing: bytes[location.frameSize...])
        let trailer = BlockTrailer.decode(trailerBytes, after: frame(of: location))
        if trailer == nil, let version = BlockTrailer.newerVersion(trailerBytes, after: frame(of: location)) {
            throw JournalError.newer("\(file.path): the block at byte \(location.start) has version \(version)")
        }
        guard let trailer, trailer.length == location.contentSize else { return nil }
        return trailer
    }

    /// Decompresses the content of the block that `trailer` has read last.
    ///
    /// - Parameter output: at least `contentSize` bytes.
    func content(
        of location: BlockLocation,
        in file: FileHandle,
        into output: UnsafeMutableRawBufferPointer
    ) throws {
        let place = "\(file.path): the block at byte \(location.start)"
        let length: Int
        do throws(ZstdError) {
            if decompressor == nil { decompressor = try ZstdDecompressor() }
            guard let decompressed = try decompressor?.decompress(frame(of: location), into: output) else {
                preconditionFailure("made above")
            }
            length = decompressed
        } catch {
            throw JournalError(.corrupt, "\(place) does not decompress", cause: error)
        }
        guard length == location.contentSize else {
            throw JournalError(.corrupt, "\(place) holds \(length) bytes, not the \(location.contentSize) it states")
        }
    }

    private func frame(of location: BlockLocation) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(stored)[0..<location.frameSize])
    }
}
