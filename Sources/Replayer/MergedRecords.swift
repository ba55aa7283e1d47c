internal import Journal
internal import Time

/// The records of several sources as one row: by arrival, then source, then offset where the range is bounded.
final class MergedRecords {
    /// A record with where it comes from; its bytes are valid until the next is asked for.
    struct Item {
        /// Its source's number, by name from 0.
        let source: Int
        let mark: RecordMark
        let line: UnsafeRawBufferPointer
    }

    private final class Cursor {
        let reader: RecordReader
        var batch: RecordBatch?
        var index = 0
        /// The first byte behind the last record that was given; nil before the first.
        var frontier: ByteOffset?
        /// Gaps met so far.
        var gaps = 0

        init(_ reader: RecordReader) { self.reader = reader }

        /// The record in front; asks the reader where the batch is used up.
        func front() throws -> RecordMark? {
            while true {
                if let batch, index < batch.records.count { return batch.records[index] }
                batch = try reader.nextBatch()
                index = 0
                guard let batch else { return nil }
                gaps += batch.events.count { $0.kind == EventKind.gap }
            }
        }
    }

    private let cursors: [Cursor]

    /// The sources by their numbers.
    var sources: [SourceName] { cursors.map(\.reader.source) }

    /// The first byte of the first record that was not given yet, by source.
    var frontier: [SourceName: ByteOffset] {
        var offsets: [SourceName: ByteOffset] = [:]
        for cursor in cursors { offsets[cursor.reader.source] = cursor.frontier }
        return offsets
    }

    init(_ readers: [RecordReader]) {
        cursors = readers.sorted { $0.source < $1.source }.map(Cursor.init)
    }

    /// The next record, or nil where there is none for now.
    func next() throws -> Item? {
        var best: (cursor: Cursor, mark: RecordMark)?
        var number = 0
        for (index, cursor) in cursors.enumerated() {
            guard let mark = try cursor.front() else { continue }
            if let found = best, found.mark.arrival <= mark.arrival { continue }
            best = (cursor, mark)
            number = index
        }
        guard let (cursor, mark) = best, let batch = cursor.batch else { return nil }
        cursor.index += 1
        cursor.frontier = mark.endOffset
        return Item(source: number, mark: mark, line: batch.line(mark))
    }

    /// Places where bytes are missing or damaged, as far as the readers have come.
    var gaps: Int { cursors.reduce(0) { $0 + $1.gaps } }

    /// Makes everything given so far durable.
    func sync() throws {
        for cursor in cursors { try cursor.reader.sync() }
    }
}
