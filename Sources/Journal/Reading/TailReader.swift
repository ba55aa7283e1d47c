internal import Files
internal import Time

/// How far a reader has come: it goes on with the entry after this one, wherever that stands by then.
struct ReadProgress: Equatable {
    var offset: ByteOffset
    /// The last entry's sequence; nil before the first block was read.
    var sequence: UInt64?
    /// Entries up to this time have been seen.
    var time = Timestamp(rawValue: Int64.min)
}

/// Reads a source's tail while its writer writes it: an entry counts when its checksum and its sequence agree.
final class TailReader {
    private let file: FileHandle
    private let geometry: TailGeometry
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: TailReader.chunkSize, alignment: 64)
    /// Where the next entry stands if its slot goes on.
    private var hint: Int?

    /// Holds any entry: the longest is an event of a MiB.
    private static let chunkSize = (1 << 20) + (64 << 10)

    init(_ file: FileHandle, _ geometry: TailGeometry) {
        self.file = file
        self.geometry = geometry
    }

    deinit { scratch.deallocate() }

    /// Appends the entries that go on from a place to a buffer, up to about a MiB; false where there are none in the tail.
    func read(_ progress: inout ReadProgress, into buffer: RunBuffer) throws -> Bool {
        guard let sequence = progress.sequence, let start = try place(of: sequence + 1) else { return false }
        let slotEnd = (start / geometry.slotSize + 1) * geometry.slotSize
        let chunk = UnsafeMutableRawBufferPointer(rebasing: scratch[0..<min(scratch.count, slotEnd - start)])
        let count = try file.read(into: chunk, at: start)
        var position = 0
        while position < count,
            let entry = TailEntry.parse(UnsafeRawBufferPointer(rebasing: chunk[position..<count])),
            entry.sequence == progress.sequence.map({ $0 + 1 }), entry.offset == progress.offset
        {
            let payload = chunk[position + TailEntry.headerSize..<position + entry.storedSize]
            switch entry.kind {
            case .delivery:
                buffer.reserve(entry.length).copyMemory(from: UnsafeRawBufferPointer(rebasing: payload))
                buffer.add(filled: entry.length, dropping: 0)
                buffer.add(arrival: entry.arrival)
            case .event:
                buffer.add(JournalEvent(offset: entry.offset, time: entry.arrival, json: Array(payload)))
            }
            progress = ReadProgress(offset: entry.endOffset, sequence: entry.sequence, time: entry.arrival)
            position += entry.storedSize
        }
        // What a kill left half written keeps its number, and the restarted writer gives it again elsewhere.
        if position == 0, hint == start, start % geometry.slotSize != 0 {
            hint = nil
            return try read(&progress, into: buffer)
        }
        hint = start + position
        return position > 0
    }

    /// Whether the tail seems to hold the next entry.
    func goesOn(from progress: ReadProgress) throws -> Bool {
        guard let sequence = progress.sequence else { return false }
        return try place(of: sequence + 1) != nil
    }

    /// Makes the tail durable, fdatasync(2).
    func sync() throws(FileError) { try file.syncData() }

    private func place(of sequence: UInt64) throws -> Int? {
        if let hint, hint % geometry.slotSize != 0, try holds(sequence, at: hint) { return hint }
        for slot in 0..<geometry.slotCount where try holds(sequence, at: geometry.start(ofSlot: slot)) {
            return geometry.start(ofSlot: slot)
        }
        return nil
    }

    private func holds(_ sequence: UInt64, at position: Int) throws -> Bool {
        let header = UnsafeMutableRawBufferPointer(rebasing: scratch[0..<TailEntry.headerSize])
        guard try file.read(into: header, at: position) == header.count else { return false }
        return TailEntry.parse(header: UnsafeRawBufferPointer(header))?.entry.sequence == sequence
    }
}
