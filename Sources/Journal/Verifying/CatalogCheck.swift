internal import Files
internal import SQLite
internal import Time

/// Holds a catalog against the segments: it may lag behind them, but must not contradict them.
final class CatalogCheck {
    private let connection: Connection
    private let source: SourceName

    /// Opens a journal's catalog for reading; nil where there is none.
    ///
    /// - Throws: `SQLiteError` where it cannot be read; code 1 where a newer Reprise wrote it.
    init?(journal: String, source: SourceName, disk: any Disk) throws {
        let path = Catalog.path(journal: journal)
        guard disk.exists(path) else { return nil }
        connection = try Connection(path: disk.databasePath(path), mode: .readOnly)
        self.source = source
        guard try Catalog.migrator.version(of: connection) > 0 else { return nil }
        let check = try connection.prepare("PRAGMA quick_check(1)")
        guard try check.step(), check.string(0) == "ok" else {
            throw SQLiteError(code: 11, message: "\(path) is damaged: \(check.string(0) ?? "no answer")")
        }
    }

    /// What the catalog says of a sealed segment, against what the segment says; nothing where it has not heard of it yet.
    func compare(_ check: SegmentCheck) throws -> [JournalFinding] {
        guard check.isSealed, check.findings.isEmpty else { return [] }
        let select = try connection.prepare(
            """
            SELECT sealed, first_offset, end_offset, records, blocks, stored_bytes, first_arrival_us, last_arrival_us
            FROM segments WHERE source = ? AND id = ?
            """
        )
        try select.bind(source.rawValue, at: 0)
        try select.bind(check.id.rawValue, at: 1)
        guard try select.step(), select.int64(0) == 1 else { return [] }
        let facts = check.facts
        let own: [Int64?] = [
            facts.firstOffset.stored, facts.endOffset.stored, Int64(facts.recordCount),
            Int64(facts.blockCount), Int64(facts.storedBytes), facts.firstArrival?.rawValue,
            facts.lastArrival?.rawValue,
        ]
        let names = [
            "first offset", "end offset", "records", "blocks", "stored bytes", "first arrival", "last arrival",
        ]
        var wrong: [String] = []
        for (index, value) in own.enumerated() where select.optionalInt64(index + 1) != value {
            let stated = select.optionalInt64(index + 1).map(String.init) ?? "none"
            wrong.append("\(names[index]) \(stated), not \(value.map(String.init) ?? "none")")
        }
        let listed = check.kept.dropFirst().reduce(0) { $0 + $1.trailer.events.count { $0.isListed } }
        if try eventCount(of: check.id) != listed {
            wrong.append("another number of events")
        }
        guard !wrong.isEmpty else { return [] }
        return [
            finding(
                .catalogWrong,
                "the catalog says of \(check.name): \(wrong.joined(separator: ", "))",
                at: facts.firstOffset
            )
        ]
    }

    /// Segments that the catalog knows and that have no file, behind the newest that has one.
    func checkNewest(_ newest: SegmentID?) throws -> [JournalFinding] {
        let select = try connection.prepare("SELECT max(id) FROM segments WHERE source = ?")
        try select.bind(source.rawValue, at: 0)
        guard try select.step(), let known = select.optionalInt64(0), known > newest?.rawValue ?? 0 else { return [] }
        let message = "the catalog knows segments up to \(SegmentID(rawValue: known).digits), which have no file"
        return [finding(.catalogWrong, message, at: nil)]
    }

    private func eventCount(of id: SegmentID) throws -> Int {
        let select = try connection.prepare("SELECT count(*) FROM events WHERE source = ? AND segment = ?")
        try select.bind(source.rawValue, at: 0)
        try select.bind(id.rawValue, at: 1)
        return try select.step() ? Int(select.int64(0)) : 0
    }

    private func finding(_ code: JournalFinding.Code, _ message: String, at offset: ByteOffset?) -> JournalFinding {
        JournalFinding(code: code, source: source, file: "catalog.sqlite", byte: nil, offset: offset, message: message)
    }
}
