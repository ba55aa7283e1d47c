internal import Files
internal import SQLite
internal import Time

/// What the segments imply, in SQLite: it answers fast what a walk over all segments would answer too, and can be deleted.
///
/// All of it comes from the trailers of synced blocks; commits may be lost in a power cut, because the next start makes them good.
final class Catalog {
    static let applicationID: Int32 = 0x5250_4341  // "RPCA"
    private var connection: Connection
    private let path: String
    private let disk: any Disk

    static func path(journal: String) -> String { "\(journal)/catalog.sqlite" }

    /// Opens the catalog for a writer, and makes it where there is none.
    convenience init(journal: String, disk: any Disk) throws {
        try self.init(path: Catalog.path(journal: journal), disk: disk)
    }

    /// Opens a catalog, or makes it; one that is damaged or of an older schema is thrown away, because the segments make it anew.
    init(path: String, disk: any Disk) throws {
        self.path = path
        self.disk = disk
        do {
            connection = try Catalog.open(path, disk)
        } catch let error as SQLiteError where error.isCorrupt {
            connection = try Catalog.openAnew(path, disk)
        } catch let error as SQLiteError where error.isRefusal {
            let isFile = (try? disk.status(of: path))?.kind == .regular
            throw JournalError(.io, error.message + (isFile ? Ownership.hint(path) : ""), cause: error)
        }
    }

    private static func openAnew(_ path: String, _ disk: any Disk) throws -> Connection {
        for file in [path, "\(path)-wal", "\(path)-shm"] { try disk.removeIfPresent(file) }
        return try open(path, disk)
    }

    /// Runs a body; where the file turns out to be damaged, once more with an empty one in its place.
    private func startingOverIfCorrupt<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as SQLiteError where error.isCorrupt {
            connection = try Catalog.openAnew(path, disk)
            return try body()
        }
    }

    private static func open(_ path: String, _ disk: any Disk) throws -> Connection {
        let connection = try Connection(path: disk.databasePath(path), durability: .normal, busyTimeout: .seconds(1))
        if try connection.int64("SELECT count(*) FROM sqlite_schema") ?? 0 > 0,
            try connection.int64("PRAGMA user_version") ?? 0 < migrator.count
        {
            throw SQLiteError(code: 11, message: "\(path) is of an older schema")
        }
        try migrator.migrate(connection)
        return connection
    }

    /// How many segments of a source it holds.
    func segmentCount(of source: SourceName) throws -> Int {
        let select = try connection.prepare("SELECT count(*) FROM segments WHERE source = ?")
        try select.bind(source.rawValue, at: 0)
        return try select.step() ? Int(clamping: select.int64(0)) : 0
    }

    /// A segment's number as the catalog holds it.
    ///
    /// - Throws: `SQLiteError` where no segment has such a number: the file is damaged then, as any other that contradicts itself.
    static func segment(_ stored: Int64) throws(SQLiteError) -> SegmentID {
        guard SegmentID.range.contains(stored) else {
            throw SQLiteError(code: 11, message: "a catalog knows of segment \(stored), which no journal has")
        }
        return SegmentID(rawValue: stored)
    }

    /// Writes everything into the one file, so that it can be renamed.
    func finish() throws { try connection.execute("PRAGMA journal_mode=DELETE") }

    /// The newest segment that the catalog knows.
    func newestSegment(of source: SourceName) throws -> SegmentID? {
        try startingOverIfCorrupt { try readNewestSegment(of: source) }
    }

    private func readNewestSegment(of source: SourceName) throws -> SegmentID? {
        let select = try connection.prepare("SELECT max(id) FROM segments WHERE source = ?")
        try select.bind(source.rawValue, at: 0)
        guard try select.step() else { return nil }
        return try select.optionalInt64(0).map(Catalog.segment)
    }

    /// Adds what was sealed or written without the catalog being told: segments past its end, and those it holds as open.
    ///
    /// - Parameter sealedOnly: leaves an open segment out, because its newest blocks may not be synced.
    func catchUp(_ folder: SourceFolder, sealedOnly: Bool = false) throws {
        try startingOverIfCorrupt { try readNewSegments(of: folder, sealedOnly) }
    }

    private func readNewSegments(of folder: SourceFolder, _ sealedOnly: Bool) throws {
        func isThere(_ id: SegmentID) -> Bool {
            folder.disk.exists(folder.sealed(id)) || !sealedOnly && folder.disk.exists(folder.open(id))
        }
        for id in try unsealed(folder) where isThere(id) { try read(id, of: folder) }
        var id = try readNewestSegment(of: folder.source)?.next ?? .first
        while isThere(id) {
            try read(id, of: folder)
            id = id.next
        }
    }

    /// The segments that the catalog holds as open, and the newest where it takes an open one for sealed: in a copy whose
    /// catalog was copied last.
    private func unsealed(_ folder: SourceFolder) throws -> [SegmentID] {
        // Left alone SQLite prefers the table itself, and goes through all of it.
        let select = try connection.prepare(
            "SELECT id FROM segments INDEXED BY unsealed_segments WHERE source = ? AND sealed = 0 ORDER BY id"
        )
        try select.bind(folder.source.rawValue, at: 0)
        var found: [SegmentID] = []
        while try select.step() { found.append(try Catalog.segment(select.int64(0))) }
        if let newest = try readNewestSegment(of: folder.source), newest != found.last,
            !folder.disk.exists(folder.sealed(newest))
        {
            found.append(newest)
        }
        return found
    }

    /// Notes what a segment's file says, instead of what was known of it.
    func read(_ id: SegmentID, of folder: SourceFolder) throws {
        let isSealed = folder.disk.exists(folder.sealed(id))
        let trailers = try SegmentTrailers(folder, id, isSealed: isSealed)
        try connection.transaction {
            try forget(folder.source, id)
            // The first block repeats what stands before the segment and is known already.
            for trailer in trailers.blocks.dropFirst() { try addEvents(of: trailer, in: id, folder.source) }
            var facts = trailers.facts
            facts.isSealed = isSealed
            try write(facts, folder.source)
        }
    }

    /// Notes a block that was appended to the open segment.
    func add(_ trailer: BlockTrailer, to facts: SegmentFacts, of source: SourceName) throws {
        try connection.transaction {
            try addEvents(of: trailer, in: facts.id, source)
            try write(facts, source)
        }
    }

    /// Notes a segment that was sealed.
    func save(_ facts: SegmentFacts, of source: SourceName) throws {
        try connection.transaction { try write(facts, source) }
    }

    /// Forgets a segment whose number has no file any more.
    func forgetSegment(_ id: SegmentID, of source: SourceName) throws {
        try connection.transaction {
            try forget(source, id)
            let delete = try connection.prepare("DELETE FROM segments WHERE source = ? AND id = ?")
            try delete.bind(source.rawValue, at: 0)
            try delete.bind(id.rawValue, at: 1)
            try delete.run()
        }
    }

    private func forget(_ source: SourceName, _ id: SegmentID) throws {
        let delete = try connection.prepare("DELETE FROM events WHERE source = ? AND segment = ?")
        try delete.bind(source.rawValue, at: 0)
        try delete.bind(id.rawValue, at: 1)
        try delete.run()
    }

    private func write(_ facts: SegmentFacts, _ source: SourceName) throws {
        let insert = try connection.prepare(
            """
            INSERT OR REPLACE INTO segments
            (source, id, sealed, first_offset, end_offset, records, blocks, stored_bytes, first_arrival_us, last_arrival_us)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        try insert.bind(source.rawValue, at: 0)
        try insert.bind(facts.id.rawValue, at: 1)
        try insert.bind(facts.isSealed ? 1 : 0, at: 2)
        try insert.bind(facts.firstOffset.stored, at: 3)
        try insert.bind(facts.endOffset.stored, at: 4)
        try insert.bind(Int64(facts.recordCount), at: 5)
        try insert.bind(Int64(facts.blockCount), at: 6)
        try insert.bind(Int64(facts.storedBytes), at: 7)
        try insert.bind(facts.firstArrival?.rawValue, at: 8)
        try insert.bind(facts.lastArrival?.rawValue, at: 9)
        try insert.run()
    }

    private func addEvents(of trailer: BlockTrailer, in id: SegmentID, _ source: SourceName) throws {
        for event in trailer.events where event.isListed {
            let insert = try connection.prepare(
                """
                INSERT OR IGNORE INTO events (source, segment, time_us, at_offset, kind, json) VALUES (?, ?, ?, ?, ?, ?)
                """
            )
            try insert.bind(source.rawValue, at: 0)
            try insert.bind(id.rawValue, at: 1)
            try insert.bind(event.time.rawValue, at: 2)
            try insert.bind(event.offset.stored, at: 3)
            try insert.bind(event.kind, at: 4)
            try insert.bind(String(decoding: event.json, as: UTF8.self), at: 5)
            try insert.run()
        }
    }
}

extension SQLiteError {
    /// The file may not be opened or written: whose it is matters then.
    fileprivate var isRefusal: Bool { [3, 8, 14, 23].contains(code) }
}
