import Files
import Glibc

@testable import Journal

extension EveryReader {
    /// Reads blocks, trailers, tables and entries, each by its own reader, at every place where one may be.
    func readPieces(_ files: [String: [UInt8]]) throws {
        let disk = disk(files)
        let folder = SmallJournal.folder(on: disk)
        for number in Int64(1)...8 {
            let id = SegmentID(rawValue: number)
            for isSealed in [true, false] where disk.exists(isSealed ? folder.sealed(id) : folder.open(id)) {
                try onlyJournalErrors { try segment(folder, id, isSealed: isSealed) }
            }
        }
        for (path, file) in files { try pieces(of: file, isTail: path.hasSuffix("/tail")) }
        try checkUse(disk)
    }

    private func segment(_ folder: SourceFolder, _ id: SegmentID, isSealed: Bool) throws {
        // Trailers alone are read without their checksum: they show the way, and are believed by nobody.
        let trailers = try SegmentTrailers(folder, id, isSealed: isSealed)
        let found = try RecoveredSegment.walk(folder, id, isSealed: isSealed)
        let file = try folder.disk.file(isSealed ? folder.sealed(id) : folder.open(id))
        let table = try SeekTable.read(from: file)
        let size = try file.size()
        guard trailers.blocks.count <= size, table?.frames.count ?? 0 <= size else {
            throw Wrong(description: "more blocks than bytes")
        }
        guard !isForged else { return }
        for event in found.inForce.events where !original.events.contains(event) {
            throw Wrong(description: "an event in force that never happened: \(event.kind) at \(event.offset)")
        }
        guard found.state.endOffset.rawValue <= UInt64(original.bytes.count) else {
            throw Wrong(description: "blocks up to \(found.state.endOffset)")
        }
    }

    private func pieces(of file: [UInt8], isTail: Bool) throws {
        try file.withUnsafeBytes { bytes in
            for start in 0..<file.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                if isTail, let entry = TailEntry.parse(rest) {
                    try check(entry, UnsafeRawBufferPointer(rebasing: rest[TailEntry.headerSize..<entry.storedSize]))
                }
                guard rest.starts(with: [0x50, 0x2A, 0x4D, 0x18]) else { continue }
                let before = UnsafeRawBufferPointer(rebasing: bytes[..<start])
                for end in [8, 16, 80, 200, rest.count] where end <= rest.count {
                    let stored = UnsafeRawBufferPointer(rebasing: rest[..<end])
                    _ = BlockTrailer.decode(stored, after: before)
                    if let trailer = BlockTrailer.decode(unchecked: stored), trailer.arrivals.count > file.count {
                        throw Wrong(description: "more arrivals than bytes")
                    }
                }
            }
        }
    }

    private func check(_ entry: TailEntry, _ payload: UnsafeRawBufferPointer) throws {
        guard !isForged else { return }
        let offset = Int(entry.offset.rawValue)
        switch entry.kind {
        case .delivery:
            guard offset + entry.length <= original.bytes.count,
                payload.elementsEqual(original.bytes[offset..<offset + entry.length])
            else { throw Wrong(description: "an entry that was never written: \(entry)") }
        case .event:
            let event = JournalEvent(offset: entry.offset, time: entry.arrival, json: Array(payload))
            guard original.events.contains(event) else { throw Wrong(description: "an event in the tail: \(entry)") }
        }
    }
}
