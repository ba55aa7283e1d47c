internal import Files
internal import Numbers
internal import SQLite
public import Time

/// A source in numbers, for `journal info`.
public struct SourceSummary: Sendable, Equatable {
    /// The source.
    public let source: SourceName
    /// Segments that are sealed.
    public private(set) var sealedSegments = 0
    /// Blocks in all segments, the empty ones that segments begin with included.
    public private(set) var blocks = 0
    /// The offset behind the last committed byte: all bytes ever recorded.
    public let endOffset: ByteOffset
    /// Bytes that are in the tail and in no block yet.
    public private(set) var tailBytes = 0
    /// Bytes that the segments take on disk.
    public private(set) var storedBytes = 0
    /// Records, those in the tail too.
    public private(set) var records = 0
    /// The first arrival, or nil before it.
    public private(set) var firstArrival: Timestamp?
    /// The newest arrival, or nil before the first.
    public private(set) var lastArrival: Timestamp?
    /// What is known to be missing without reading everything: see `journal info`.
    public private(set) var unread = UnreadBytes()

    /// Sums a source up; the catalog answers for sealed segments that it knows, the files for the rest.
    ///
    /// - Throws: `JournalError`.
    init(journal: Journal, source: SourceName) throws {
        self.source = source
        endOffset = try journal.endOffset(of: source)
        let folder = journal.folder(of: source)
        var id = SegmentID.first
        var blocksEnd = ByteOffset.zero
        // Of a copy that was made while the journal was recorded the catalog may know more than there is.
        if folder.disk.exists(Catalog.path(journal: journal.directory)),
            let known = Catalog.sealed(in: journal, source: source),
            folder.disk.exists(folder.sealed(known.last))
        {
            sealedSegments = known.segments
            blocks = known.blocks
            storedBytes = known.storedBytes
            records = known.records
            firstArrival = known.firstArrival
            lastArrival = known.lastArrival
            blocksEnd = known.endOffset
            id = known.last.next
        }
        let hasGaps = try id > .first && (Catalog.hasGaps(in: journal, source: source) || !filesFit(folder, journal))
        var isWhole = !hasGaps
        while let path = [folder.sealed(id), folder.open(id), folder.sealed(id)].first(where: folder.disk.exists) {
            let isSealed = path == folder.sealed(id)
            let trailers = try SegmentTrailers(folder, id, isSealed: isSealed)
            let facts = trailers.facts
            isWhole =
                isWhole && facts.firstOffset == blocksEnd && !trailers.blocks.contains(where: \.isGap)
                && trailers.isWhole
            if isSealed { sealedSegments += 1 }
            blocks += facts.blockCount
            // A file with a hole in it may be said to be of any size.
            storedBytes = storedBytes.saturatingAdd(facts.storedBytes)
            records += facts.recordCount
            firstArrival = firstArrival ?? facts.firstArrival
            lastArrival = facts.lastArrival ?? lastArrival
            blocksEnd = max(blocksEnd, facts.endOffset)
            id = id.next
        }
        tailBytes = blocksEnd < endOffset ? endOffset - blocksEnd : 0
        if tailBytes > 0 { try countTail(journal, from: blocksEnd) }
        let last = SegmentSearch(folder: folder).newestName() ?? SegmentID(rawValue: 0)
        isWhole = try isWhole && last < id && journal.endIsWhole(of: source)
        if !isWhole { try findUnread(journal) }
    }

    /// Whether every sealed segment that the catalog knows is there with the size that it knows.
    private func filesFit(_ folder: SourceFolder, _ journal: Journal) throws -> Bool {
        for (id, size) in Catalog.sizes(in: journal, source: source) {
            guard let status = try? folder.disk.status(of: folder.sealed(id)), status.size == size else { return false }
        }
        return true
    }

    /// Reads everything, where something is missing, to say what.
    private mutating func findUnread(_ journal: Journal) throws {
        let reader = try RecordReader(journal: journal, source: source)
        records = 0
        (firstArrival, lastArrival) = (nil, nil)
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.kind != .torn {
                if mark.kind != .keepAlive { records += 1 }
                firstArrival = firstArrival ?? mark.arrival
                lastArrival = mark.arrival
            }
        }
        unread = reader.unread
    }
}

extension SourceSummary {
    /// Counts the records that end behind the blocks; one of them may begin in the last block.
    private mutating func countTail(_ journal: Journal, from blocksEnd: ByteOffset) throws {
        let reach = min(blocksEnd.rawValue, UInt64(RecordReader.recordByteLimit))
        let reader = try RecordReader(
            journal: journal,
            source: source,
            from: .offset(ByteOffset(rawValue: blocksEnd.rawValue - reach)),
            to: .offset(endOffset)
        )
        while let batch = try reader.nextBatch() {
            for mark in batch.records where mark.endOffset > blocksEnd && mark.kind != .torn {
                if mark.kind != .keepAlive { records += 1 }
                firstArrival = firstArrival ?? mark.arrival
                lastArrival = mark.arrival
            }
        }
    }
}

extension Catalog {
    /// The sum of a source's sealed segments from the first on, as far as the catalog knows them without a hole.
    struct Sealed {
        let segments: Int
        let blocks: Int
        let storedBytes: Int
        let records: Int
        let firstArrival: Timestamp?
        let lastArrival: Timestamp?
        let endOffset: ByteOffset
        let last: SegmentID
    }

    /// The newest segment that a journal's catalog knows; nil where it knows none or cannot answer.
    static func newest(in journal: Journal, source: SourceName) -> SegmentID? {
        do {
            let connection = try reading(journal)
            let select = try connection.prepare("SELECT max(id) FROM segments WHERE source = ?")
            try select.bind(source.rawValue, at: 0)
            return try select.step() ? select.optionalInt64(0).map(segment) : nil
        } catch {
            return nil
        }
    }

    /// Whether a journal's catalog knows of stored gaps; true where it cannot answer.
    static func hasGaps(in journal: Journal, source: SourceName) -> Bool {
        do {
            let select = try reading(journal).prepare("SELECT 1 FROM events WHERE source = ? AND kind = ? LIMIT 1")
            try select.bind(source.rawValue, at: 0)
            try select.bind(EventKind.gap, at: 1)
            return try select.step()
        } catch {
            return true
        }
    }

    /// The stored bytes of each sealed segment that a journal's catalog knows; none where it cannot answer.
    static func sizes(in journal: Journal, source: SourceName) -> [(SegmentID, Int)] {
        do {
            let select = try reading(journal).prepare(
                "SELECT id, stored_bytes FROM segments WHERE source = ? AND sealed = 1"
            )
            try select.bind(source.rawValue, at: 0)
            var sizes: [(SegmentID, Int)] = []
            while try select.step() { sizes.append((try segment(select.int64(0)), Int(clamping: select.int64(1)))) }
            return sizes
        } catch {
            return []
        }
    }

    private static func reading(_ journal: Journal) throws -> Connection {
        let path = journal.disk.databasePath(path(journal: journal.directory))
        let connection = try Connection(path: path, mode: .readOnly)
        _ = try migrator.version(of: connection)
        return connection
    }

    /// Where a segment ends, as far as a journal's catalog knows; nil where it cannot answer, or says what cannot be.
    static func end(of id: SegmentID, in journal: Journal, source: SourceName) -> ByteOffset? {
        do {
            let connection = try reading(journal)
            let select = try connection.prepare(
                "SELECT first_offset, end_offset, blocks FROM segments WHERE source = ? AND id = ?"
            )
            try select.bind(source.rawValue, at: 0)
            try select.bind(id.rawValue, at: 1)
            guard try select.step() else { return nil }
            let (first, end) = (ByteOffset(stored: select.int64(0)), ByteOffset(stored: select.int64(1)))
            // A gap that is made up of a wrong number would stay for ever; one that is too short is only imprecise.
            let most = Int(clamping: max(0, select.int64(2))).saturatingMultiply(by: TailGeometry.standard.slotSize)
            return first <= end && end.stored == select.int64(1) && end - first <= most ? end : nil
        } catch {
            return nil
        }
    }

    /// Asks a journal's catalog; nil where it cannot answer, for it only repeats what the segments say.
    static func sealed(in journal: Journal, source: SourceName) -> Sealed? {
        do {
            let connection = try reading(journal)
            let select = try connection.prepare(
                """
                SELECT count(*), sum(blocks), sum(stored_bytes), sum(records), min(first_arrival_us), max(last_arrival_us),
                    max(end_offset), max(id)
                FROM segments WHERE source = ? AND sealed = 1
                """
            )
            try select.bind(source.rawValue, at: 0)
            guard try select.step(), select.int64(0) > 0, select.int64(0) == select.int64(7) else { return nil }
            // What no journal has is damage, and the files answer instead; sums with what they say cannot overflow then.
            let believed = 0...ByteOffset.limit.stored
            guard [1, 2, 3, 6].allSatisfy({ believed.contains(select.int64($0)) }) else { return nil }
            return Sealed(
                segments: Int(select.int64(0)),
                blocks: Int(select.int64(1)),
                storedBytes: Int(select.int64(2)),
                records: Int(select.int64(3)),
                firstArrival: select.optionalInt64(4).map(Timestamp.init(rawValue:)),
                lastArrival: select.optionalInt64(5).map(Timestamp.init(rawValue:)),
                endOffset: ByteOffset(stored: select.int64(6)),
                last: try segment(select.int64(7))
            )
        } catch {
            return nil
        }
    }
}
