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
        /// The reader's last batch: its marks and the bytes they stand in.
        private var marks: [RecordMark] = []
        private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        private var index = 0
        /// Whether the reader had nothing more when it was asked last.
        var isDry = false
        /// The first byte behind the last record that was given; nil before the first.
        private(set) var frontier: ByteOffset?
        /// Gaps met so far.
        private(set) var gaps = 0

        init(_ reader: RecordReader) { self.reader = reader }

        /// The arrival of the record in front; asks the reader where its batch is used up.
        func arrival() throws -> Timestamp? {
            while index == marks.count {
                (marks, index) = ([], 0)
                if isDry { return nil }
                guard let batch = try reader.nextBatch() else {
                    isDry = true
                    return nil
                }
                (marks, bytes) = (batch.records, batch.bytes)
                gaps += batch.events.count { $0.kind == EventKind.gap }
            }
            return marks[index].arrival
        }

        /// Takes the record in front, which is there.
        func take(as source: Int) -> Item {
            let mark = marks[index]
            index += 1
            frontier = mark.endOffset
            return Item(
                source: source,
                mark: mark,
                line: UnsafeRawBufferPointer(rebasing: bytes[mark.start..<mark.start + mark.length])
            )
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

    /// Lets the next record come from a source that had none; else nobody asks for more of it while others have some.
    func lookAgain() {
        for cursor in cursors { cursor.isDry = false }
    }

    /// The next record, or nil where there is none for now.
    func next() throws -> Item? {
        var (best, first) = (-1, Timestamp(rawValue: Int64.max))
        for number in cursors.indices {
            guard let arrival = try cursors[number].arrival(), best < 0 || arrival < first else { continue }
            (best, first) = (number, arrival)
        }
        return best < 0 ? nil : cursors[best].take(as: best)
    }

    /// Places where bytes are missing or damaged, as far as the readers have come.
    var gaps: Int { cursors.reduce(0) { $0 + $1.gaps } }

    /// Makes everything given so far durable.
    func sync() throws {
        for cursor in cursors { try cursor.reader.sync() }
    }
}
