internal import Files
internal import Compression
internal import Hashing
internal import SQLite

// How an older Reprise knows what a newer one wrote, so that it leaves it alone instead of taking it for damage: later formats
// keep what is looked at here (docs/SEGMENT_FORMAT.md, "Later versions").

extension JournalError {
    /// Something has a version that this program does not know.
    static func newer(_ what: String) -> JournalError {
        JournalError(
            .unsupported,
            "\(what): it was written by a newer Reprise; upgrade this one; nothing was changed"
        )
    }
}

extension BlockTrailer {
    /// The version of a trailer that a newer Reprise wrote, or of one whose version is damaged; nil for all others.
    static func newerVersion(unchecked stored: UnsafeRawBufferPointer) -> UInt8? {
        guard stored.count >= 25, stored.count <= byteLimit else { return nil }
        var parser = ByteParser(stored)
        guard parser.integer(UInt32.self) == ZstdFrame.skippableMagic, let size = parser.integer(UInt32.self),
            Int(size) == stored.count - 8, let found = parser.take(8), found.elementsEqual(magic),
            let version = parser.integer(UInt8.self), version > BlockTrailer.version
        else { return nil }
        return version
    }

    /// The version of an undamaged block that a newer Reprise wrote; nil for all others.
    static func newerVersion(_ stored: UnsafeRawBufferPointer, after frame: UnsafeRawBufferPointer) -> UInt8? {
        guard let version = newerVersion(unchecked: stored) else { return nil }
        var end = ByteParser(UnsafeRawBufferPointer(rebasing: stored[(stored.count - 8)...]))
        let hash = XXH3.hash(frame, UnsafeRawBufferPointer(rebasing: stored[0..<stored.count - 8]))
        return end.integer(UInt64.self) == hash ? version : nil
    }
}

extension SourceFolder {
    /// Throws where a newer Reprise has written the newest segment or the tail; call it before anything is changed.
    func checkVersion() throws {
        _ = try SegmentSearch(folder: self).newest()
        if let file = try disk.fileIfPresent(tail) { try checkVersion(ofTail: file) }
    }

    /// Throws where a slot of the tail begins with an entry of a later version.
    ///
    /// Later versions keep the places of length and checksum, so that a damaged byte is not taken for one.
    func checkVersion(ofTail file: FileHandle) throws {
        let known = withUnsafeBytes(of: TailEntry.magic.littleEndian) { Array($0) }
        var header = [UInt8](repeating: 0, count: TailEntry.headerSize)
        for slot in 0..<geometry.slotCount {
            let start = geometry.start(ofSlot: slot)
            guard try file.readArray(into: &header, at: start) else { return }
            guard header[..<3].elementsEqual(known[..<3]), header[3] > known[3], header[3] <= UInt8(ascii: "9"),
                try isWhole(header, in: file, at: start)
            else { continue }
            throw JournalError.newer("\(file.path) has entries of version \(header[3] - UInt8(ascii: "0"))")
        }
    }

    private func isWhole(_ header: [UInt8], in file: FileHandle, at start: Int) throws -> Bool {
        let (length, checksum) = header.withUnsafeBytes { bytes in
            (
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self))
            )
        }
        guard length <= UInt64(geometry.slotSize - TailEntry.headerSize) else { return false }
        var payload = [UInt8](repeating: 0, count: Int(length))
        guard try file.readArray(into: &payload, at: start + TailEntry.headerSize) else { return false }
        let hash = header.withUnsafeBytes { header in
            payload.withUnsafeBytes { XXH3.hash(UnsafeRawBufferPointer(rebasing: header[..<40]), $0) }
        }
        return hash == checksum
    }
}

extension Journal {
    /// Throws where a newer Reprise has made the catalog or the checkpoints; nothing is changed.
    static func checkDatabases(in directory: String, _ disk: any Disk) throws(JournalError) {
        try Catalog.migrator.checkVersion(of: Catalog.path(journal: directory), disk)
        try Checkpoint.migrator.checkVersion(of: Checkpoint.path(journal: directory), disk)
    }
}

extension Migrator {
    /// Throws where a database has a newer schema; one that is not there or cannot be read is left to whoever needs it.
    fileprivate func checkVersion(of path: String, _ disk: any Disk) throws(JournalError) {
        guard disk.exists(path) else { return }
        // A lock is no reason to wait here: whoever writes to it looks again.
        do { _ = try version(of: Connection(path: disk.databasePath(path), mode: .readOnly, busyTimeout: .zero)) } catch
        {
            if error.isNewerSchema { throw .newer(error.message) }
        }
    }
}
