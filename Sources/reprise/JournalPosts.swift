internal import JSON
internal import Journal
internal import Simulator
internal import Time

/// The posts of a journal that a simulator recorded, for one that is started again.
///
/// A post's id holds its time, and the journal finds records by theirs: nothing of it is kept in memory but a block while it is read.
struct JournalPosts: PastPosts {
    /// A record may have arrived this much before its post's time, by a clock that was set since.
    private static let before = Duration.seconds(10)
    /// How long after a post's own time its record is looked for: a simulator at full speed is ahead of what is recorded.
    private static let after = Duration.seconds(600)
    /// Posts nearer to each other than this are found in one reading.
    private static let near = Duration.seconds(60)

    let directory: String

    /// When the journal's first record arrived; nil where there is none.
    ///
    /// - Throws: `JournalError`.
    func began() throws -> Timestamp? {
        guard let journal = try journal() else { return nil }
        let reader = try RecordReader(journal: journal, source: .filtered, from: .beginning, to: .never)
        while let batch = try reader.nextBatch() {
            if let first = batch.records.first { return first.arrival }
        }
        return nil
    }

    func records(of ids: [UInt64]) throws -> [UInt64: [UInt8]] {
        guard let journal = try journal() else { return [:] }
        var found: [UInt64: [UInt8]] = [:]
        var wanted = ids.sorted()[...]
        while let first = wanted.first {
            // All that follow each other closely, in one go.
            var last = first
            let group = wanted.prefix { id in
                let isNear = SimulatedPost.creation(of: id) - SimulatedPost.creation(of: last) <= JournalPosts.near
                if isNear { last = id }
                return isNear
            }
            try read(Set(group), from: first, to: last, of: journal, into: &found)
            wanted = wanted.dropFirst(group.count)
        }
        return found
    }

    private func journal() throws -> Journal? {
        do {
            let journal = try Journal(directory: directory)
            return try journal.sources().contains(.filtered) ? journal : nil
        } catch let error as JournalError where error.code == .notFound { return nil }
    }

    private func read(
        _ ids: Set<UInt64>,
        from first: UInt64,
        to last: UInt64,
        of journal: Journal,
        into found: inout [UInt64: [UInt8]]
    ) throws {
        let extractor = JSONExtractor(JSONPlan([.init("data", .object([.init("id", .string, slot: 0)]))]))
        let start = SimulatedPost.creation(of: first) - JournalPosts.before
        let end = SimulatedPost.creation(of: last) + JournalPosts.after
        let reader = try RecordReader(journal: journal, source: .filtered, from: .time(start), to: .never)
        var missing = ids.count
        while missing > 0, let batch = try reader.nextBatch() {
            for mark in batch.records where mark.kind == .whole {
                guard mark.arrival < end else { return }
                let line = batch.line(mark)
                guard extractor.read(line) == .read, let text = extractor.string(0),
                    let id = UInt64(String(decoding: text, as: UTF8.self))
                else { continue }
                // Ids only grow, but for those that came again behind a lost connection.
                if SimulatedPost.creation(of: id) > SimulatedPost.creation(of: last) + JournalPosts.near { return }
                guard ids.contains(id) else { continue }
                if found.updateValue(Array(line), forKey: id) == nil { missing -= 1 }
                if missing == 0 { return }
            }
        }
    }
}
