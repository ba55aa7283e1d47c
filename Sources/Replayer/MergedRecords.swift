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
        let lookup: Questions.Lookup
    }

    private final class Cursor {
        let reader: RecordReader
        /// The reader's last batch: its marks and the bytes they stand in.
        private var marks: [RecordMark] = []
        private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        private var index = 0
        /// What happened among them, as far as it was not passed yet.
        private var events: ArraySlice<JournalEvent> = []
        private var questions = Questions()
        /// Whether the reader had nothing more when it was asked last.
        var isDry = false
        /// The first byte behind the last record that was given; nil before the first.
        private(set) var frontier: ByteOffset?

        init(_ reader: RecordReader) { self.reader = reader }

        /// The arrival of the record in front; asks the reader where its batch is used up.
        func arrival() throws -> Timestamp? {
            while index == marks.count {
                passEvents(to: nil)
                (marks, index) = ([], 0)
                if isDry { return nil }
                guard let batch = try reader.nextBatch() else {
                    isDry = true
                    return nil
                }
                (marks, bytes, events) = (batch.records, batch.bytes, batch.events[...])
            }
            return marks[index].arrival
        }

        /// Takes the record in front, which is there.
        func take(as source: Int) -> Item {
            let mark = marks[index]
            index += 1
            frontier = mark.endOffset
            passEvents(to: mark.offset)
            return Item(
                source: source,
                mark: mark,
                line: UnsafeRawBufferPointer(rebasing: bytes[mark.start..<mark.start + mark.length]),
                lookup: questions.question(of: mark)
            )
        }

        /// Passes the events up to an offset, its own included; all where it is nil.
        private func passEvents(to offset: ByteOffset?) {
            while let event = events.first, offset.map({ event.offset <= $0 }) ?? true {
                questions.note(event)
                events.removeFirst()
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

    /// What is missing or damaged, as far as the readers have come.
    var unread: UnreadBytes { cursors.reduce(UnreadBytes()) { $0.adding($1.reader.unread) } }

    /// Makes everything given so far durable.
    func sync() throws {
        for cursor in cursors { try cursor.reader.sync() }
    }
}
