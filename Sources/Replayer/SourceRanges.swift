internal import Journal
internal import Time

/// What of each source a replay reads: where it begins and ends, and how far it has come.
struct SourceRanges {
    private let journal: Journal
    private let configuration: ReplayConfiguration
    private let settled: [SourceName: ByteOffset]
    /// Where a source is gone on with when its reader is made anew.
    private var starts: [SourceName: ByteOffset] = [:]
    /// Where each source was begun.
    private var firsts: [SourceName: ByteOffset] = [:]
    private var ends: [SourceName: ByteOffset] = [:]

    /// - Parameter settled: what was settled before; each source goes on there.
    init(_ journal: Journal, _ configuration: ReplayConfiguration, from settled: [SourceName: ByteOffset]) {
        self.journal = journal
        self.configuration = configuration
        self.settled = settled
    }

    /// The sources that are wanted and there.
    func sources() throws -> [SourceName] {
        if let named = configuration.sources { return Array(Set(named)) }
        return try journal.sources().filter { $0 != .ledger }
    }

    /// Opens a source where it is to be gone on with.
    mutating func open(_ source: SourceName) throws -> RecordReader {
        var start = configuration.start
        if let position = starts[source] ?? settled[source] { start = .offset(position) }
        if starts[source] == nil { try checkSettled(of: source) }
        let reader = try RecordReader(journal: journal, source: source, from: start, to: configuration.end)
        if firsts[source] == nil { firsts[source] = reader.position }
        if !configuration.isFollowing { ends[source] = try journal.endOffset(of: source) }
        return reader
    }

    /// Until when the range holds everything that arrives in a source; nil where it has no end.
    ///
    /// - Parameter now: what arrived before it stands in the journal.
    func wholeUntil(_ source: SourceName, _ now: Timestamp) throws -> Timestamp? {
        // Which document will be the last, nobody knows.
        if configuration.documentLimit != nil { return Timestamp(rawValue: .min) }
        switch configuration.end {
        case .never: return nil
        case .now: return try recordedUntil(source, now)
        case .time(let time): return min(time, try recordedUntil(source, now))
        case .offset(let offset):
            let behind = try RecordReader(journal: journal, source: source, from: .offset(offset))
            while let batch = try behind.nextBatch() {
                if let record = batch.records.first { return record.arrival }
            }
            return try recordedUntil(source, now)
        }
    }

    /// Arrivals do not decrease within a source: what arrived before its last record stands before it.
    private func recordedUntil(_ source: SourceName, _ now: Timestamp) throws -> Timestamp {
        let newest = try RecordReader(journal: journal, source: source, from: .time(now))
        var end = now
        while let batch = try newest.nextBatch() { end = max(end, batch.records.last?.arrival ?? end) }
        return end
    }

    /// Notes what was read.
    mutating func goOn(from frontier: [SourceName: ByteOffset]) { starts.merge(frontier) { _, new in new } }

    /// Bytes that are behind a frontier, and all there are; nil for all when following.
    func progress(at frontier: [SourceName: ByteOffset]) -> (done: Int, total: Int?) {
        let done = frontier.reduce(0) { sum, end in
            sum + (end.value - (firsts[end.key] ?? end.value))
        }
        guard !configuration.isFollowing else { return (done, nil) }
        let total = ends.reduce(0) { sum, end in
            sum + (end.value - (firsts[end.key] ?? .zero))
        }
        return (done, total)
    }

    /// A checkpoint behind the journal's end came here with a copy of it; what is recorded there would be left out unseen.
    private func checkSettled(of source: SourceName) throws {
        guard let position = settled[source] else { return }
        let end = try journal.endOffset(of: source)
        guard position > end else { return }
        throw JournalError(
            .mismatch,
            "the checkpoint stands at \(source):\(position), but the journal ends at \(end): it is an older copy; begin with "
                + "another checkpoint"
        )
    }
}
