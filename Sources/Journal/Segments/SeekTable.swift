internal import Files
internal import Compression

/// The Zstandard Seekable Format's table (zstd_seekable_compression_format.md, version 0.1.0): the last frame of a sealed segment.
///
/// It lists every frame before it, skippable ones with a decompressed size of 0, without checksums of its own.
struct SeekTable: Equatable {
    struct Frame: Equatable {
        let storedSize: Int
        let contentSize: Int
    }

    var frames: [Frame] = []

    /// Bytes of all frames.
    var storedSize: Int { frames.reduce(0) { $0 + $1.storedSize } }

    static let magic: UInt32 = 0x8F92_EAB1
    static let skippableMagic: UInt32 = 0x184D_2A5E
    static let footerSize = 9
    /// The reference reader's own limit.
    static let frameLimit = 0x800_0000

    /// Adds a block: its frame and its trailer.
    mutating func add(frame: Int, _ contentSize: Int, trailer: Int) {
        frames.append(Frame(storedSize: frame, contentSize: contentSize))
        frames.append(Frame(storedSize: trailer, contentSize: 0))
    }

    /// The stored bytes: 8 of skippable header, 8 a frame, 9 of footer.
    func encode() -> [UInt8] {
        var stored: [UInt8] = []
        stored.reserveCapacity(frames.count * 8 + 17)
        stored.append(littleEndian: SeekTable.skippableMagic)
        stored.append(littleEndian: UInt32(frames.count * 8 + SeekTable.footerSize))
        for frame in frames {
            stored.append(littleEndian: UInt32(frame.storedSize))
            stored.append(littleEndian: UInt32(frame.contentSize))
        }
        stored.append(littleEndian: UInt32(frames.count))
        stored.append(UInt8(0))
        stored.append(littleEndian: SeekTable.magic)
        return stored
    }

    /// Reads the table at the end of a file; nil where the file does not end with one that accounts for all bytes before it.
    static func read(from file: FileHandle) throws(FileError) -> SeekTable? {
        let size = try file.size()
        guard size >= footerSize + 8 else { return nil }
        var footer = [UInt8](repeating: 0, count: footerSize)
        guard try file.readArray(into: &footer, at: size - footerSize) else { return nil }
        let count: Int? = footer.withUnsafeBytes { bytes in
            var parser = ByteParser(bytes)
            guard let count = parser.integer(UInt32.self), parser.integer(UInt8.self) == 0,
                parser.integer(UInt32.self) == magic
            else { return nil }
            return Int(count)
        }
        guard let count, count <= frameLimit, size >= count * 8 + footerSize + 8 else { return nil }
        let start = size - (count * 8 + footerSize + 8)
        var stored = [UInt8](repeating: 0, count: count * 8 + 8)
        guard try file.readArray(into: &stored, at: start) else { return nil }
        return stored.withUnsafeBytes { bytes in
            var parser = ByteParser(bytes)
            guard parser.integer(UInt32.self) == skippableMagic,
                parser.integer(UInt32.self) == UInt32(count * 8 + footerSize)
            else { return nil }
            var table = SeekTable()
            table.frames.reserveCapacity(count)
            var total = 0
            for _ in 0..<count {
                guard let storedSize = parser.integer(UInt32.self), let content = parser.integer(UInt32.self) else {
                    return nil
                }
                guard storedSize > 0, content <= TailGeometry.standard.slotSize else { return nil }
                total += Int(storedSize)
                table.frames.append(Frame(storedSize: Int(storedSize), contentSize: Int(content)))
            }
            return total == start ? table : nil
        }
    }
}

extension FileHandle {
    /// Fills an array from the file; false where the file ends before.
    func readArray(into array: inout [UInt8], at offset: Int) throws(FileError) -> Bool {
        var failure: FileError?
        let count = array.count
        let done = array.withUnsafeMutableBytes { buffer in
            do throws(FileError) { return try read(into: buffer, at: offset) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return done == count
    }
}
