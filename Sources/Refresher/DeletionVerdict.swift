internal import JSON
internal import Journal

/// The newest decision on deletions that a journal holds: what a process goes on from.
struct DeletionVerdict {
    /// The doubt that is open; nil where there is none.
    private(set) var doubt: DeletionDoubt?
    /// What the passes before have left to the next.
    private(set) var carried = DeletionJudge.Carried()

    /// - Throws: `JournalError`.
    init(newestIn journal: Journal) throws {
        guard try journal.sources().contains(.lookup) else { return }
        let newest = try journal.newestEvent(of: .lookup) { [EventKind.believed, EventKind.doubted].contains($0.kind) }
        switch newest?.kind {
        case EventKind.doubted: doubt = newest.flatMap { DeletionDoubt($0.json) }
        case EventKind.believed: carried = newest.map { DeletionJudge.Carried($0.json) } ?? carried
        default: break
        }
    }
}

extension DeletionJudge.Carried {
    private static let plan = JSONPlan([
        .init("carried_asked", .integer, slot: 0), .init("carried_gone", .integer, slot: 1),
        .init("carried_row", .integer, slot: 2),
    ])

    /// Reads the JSON of a `believed` event; one of an earlier version carries nothing.
    init(_ json: [UInt8]) {
        self.init()
        let event = JSONExtractor(Self.plan)
        let bytes = json + [UInt8](repeating: 0, count: JSONExtractor.padding)
        bytes.withUnsafeBytes { buffer in
            guard event.read(UnsafeRawBufferPointer(rebasing: buffer[0..<json.count])) == .read else { return }
            // Whatever a file says, a stretch that is not decided yet is short.
            func count(_ slot: Int) -> Int { Int(min(max(0, event.integer(slot) ?? 0), 1_000_000)) }
            asked = count(0)
            gone = min(count(1), asked)
            row = count(2)
        }
    }

    /// The fields of the event.
    var fields: [(String, EventValue)] {
        [
            ("carried_asked", .integer(Int64(asked))), ("carried_gone", .integer(Int64(gone))),
            ("carried_row", .integer(Int64(row))),
        ]
    }
}
