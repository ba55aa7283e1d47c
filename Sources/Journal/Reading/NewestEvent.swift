internal import Files
internal import Time

extension Journal {
    /// How many segments are looked through: whatever is wanted is written often, or stands in each segment.
    private static let segmentLimit: Int64 = 3

    /// The newest event of a source that fits, as far as the tail and the newest segments hold one.
    ///
    /// Only trailers are read, the last block and the tail; no more with more segments.
    ///
    /// - Throws: `JournalError`.
    public func newestEvent(
        of source: SourceName,
        where fits: (JournalEvent) -> Bool
    ) throws -> JournalEvent? {
        let folder = self.folder(of: source)
        let newest = try SegmentSearch(folder: folder).newest()
        let runs = try RunReader(folder, at: newest, .init())
        try runs.skip { _ in true }
        let buffer = RunBuffer()
        var found: JournalEvent?
        while try runs.next(into: buffer) {
            found = buffer.events.last(where: fits) ?? found
            buffer.carry(from: buffer.length)
        }
        if let found { return found }
        guard var id = newest else { return nil }
        for _ in 0..<Journal.segmentLimit {
            for trailer in try trailers(of: id, in: folder).reversed() {
                if let event = trailer.events.last(where: fits) { return event }
            }
            guard id > .first else { return nil }
            id = id.previous
        }
        return nil
    }

    private func trailers(of id: SegmentID, in folder: SourceFolder) throws -> [BlockTrailer] {
        let isSealed = folder.disk.exists(folder.sealed(id))
        do { return try SegmentTrailers(folder, id, isSealed: isSealed).blocks } catch
            where !isSealed && folder.disk.exists(folder.sealed(id))
        {
            // Its writer has sealed it meanwhile.
            return try SegmentTrailers(folder, id, isSealed: true).blocks
        }
    }

    /// The server that the journal was recorded from or refreshed against last, by scheme, host and port, or `simulator`.
    ///
    /// nil where nothing was recorded yet, and where only versions that did not note it have written.
    ///
    /// - Throws: `JournalError`.
    public func server() throws -> String? {
        try sources().filter { $0 != .ledger }.compactMap { source in
            try newestEvent(of: source) { $0.origin != nil }
        }.max { $0.time < $1.time }?.origin
    }
}
