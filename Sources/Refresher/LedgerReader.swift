internal import JSON
internal import Journal
internal import Time

/// Reads a ledger from a time on, and refuses where an entry that may matter is missing or cannot be read.
///
/// What is older is left out by the blocks' trailers, so the cost does not grow with the ledger's age.
struct LedgerReader {
    private let entry = JSONExtractor(
        JSONPlan([
            .init("reserved", .integer, slot: 0), .init("settled", .integer, slot: 1), .init("rule", .string, slot: 2),
            .init("day", .integer, slot: 3), .init("posts", .integer, slot: 4),
        ])
    )
    let journal: Journal
    /// The beginning of all periods that count; lost entries matter where the next one is not older.
    let since: Timestamp

    /// - Throws: `JournalError`: `corrupt` where what was spent is not known.
    func read() throws -> LedgerBook {
        var book = LedgerBook()
        let end = try journal.endOffset(of: .ledger)
        let reader = try RecordReader(journal: journal, source: .ledger, from: .time(since))
        var next: ByteOffset?
        while let batch = try reader.nextBatch() {
            for mark in batch.records {
                let expected = next ?? reader.passedEnd
                if mark.offset != expected { throw unknown("bytes are missing", at: expected) }
                next = mark.endOffset
                switch mark.kind {
                case .keepAlive: continue
                case .whole:
                    if let entry = parse(batch.line(mark)) {
                        book.take(entry, at: mark.arrival)
                        continue
                    }
                case .torn, .tooLong: break
                }
                throw unknown("there is no entry", at: mark.offset)
            }
        }
        let last = next ?? reader.passedEnd
        guard last >= end else { throw unknown("the end is missing", at: last) }
        return book
    }

    private func parse(_ line: UnsafeRawBufferPointer) -> LedgerBook.Entry? {
        guard entry.read(line) == .read, let day = entry.integer(3).flatMap({ Int(exactly: $0) }),
            (0...10_000_000).contains(day)
        else { return nil }
        if let rule = entry.string(2) { return rule.elementsEqual("none".utf8) ? .doubted(day: day) : nil }
        guard let posts = entry.integer(4).flatMap({ Int(exactly: $0) }), (0...1_000_000).contains(posts) else {
            return nil
        }
        if let number = entry.integer(0) { return .reserved(number: Int(number), day: day, posts: posts) }
        return entry.integer(1).map { .settled(number: Int($0), day: day, posts: posts) }
    }

    private func unknown(_ what: String, at offset: ByteOffset) -> JournalError {
        JournalError(
            .corrupt,
            "\(journal.directory)/ledger: \(what) at byte \(offset), so that nobody knows what was spent, and nothing is; "
                + "restore it from a copy, or move the folder away to begin a new ledger with nothing spent"
        )
    }
}
