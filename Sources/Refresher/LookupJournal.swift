internal import Journal
internal import Time
internal import Transform

/// The journal's source `lookup`: each question before it leaves, each answer as it came.
final class LookupJournal {
    private let writer: JournalWriter
    private let clock: WallClock
    private var lastNumber = 0
    private var hasAsked = false

    /// Takes the source.
    ///
    /// - Throws: `JournalError`: `locked` where another process refreshes.
    init(_ access: JournalAccess, clock: WallClock) throws {
        writer = try access.writer(.lookup, clock)
        self.clock = clock
    }

    /// A number that no question had before: the time, or one more where the clock stands.
    func nextNumber() -> Int {
        lastNumber = max(lastNumber + 1, Int(clock.now.rawValue))
        return lastNumber
    }

    /// Writes a question; it is on the disk when this returns, and only then may it leave.
    ///
    /// A line that a kill left unfinished ends with the first one; a pass that asks for nothing leaves no trace.
    func ask(_ question: Question, number: Int) throws {
        if !hasAsked, writer.endOffset > .zero {
            try writer.append(event: EventKind.closed, fields: [("why", .string("started"))])
        }
        hasAsked = true
        try writer.append(
            event: EventKind.asked,
            fields: [("number", .integer(Int64(number))), ("posts", .json(question.json))]
        )
        try writer.sync()
    }

    /// Writes the answer to the last question, as one record.
    ///
    /// A line feed in JSON is white space, and would end the record: it becomes a blank.
    func answer(_ body: [UInt8], number: Int) throws {
        try writer.append(event: EventKind.answered, fields: [("number", .integer(Int64(number)))])
        let line = body.map { $0 == 10 || $0 == 13 ? 32 : $0 } + [10]
        try line.withUnsafeBytes { try writer.append($0) }
    }

    func sync() throws { try writer.sync() }

    func close() throws { try writer.close() }
}
