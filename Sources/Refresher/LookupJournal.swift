internal import Journal
internal import Time
internal import Transform

/// The journal's source `lookup`: each question before it leaves, each answer as it came.
final class LookupJournal {
    /// Ids in a record of deletions: not many more documents than an answer gives.
    private static let deletionLimit = 500

    private let writer: JournalWriter
    private let clock: WallClock
    private let origin: String
    private var lastNumber = 0
    private var hasAsked = false

    /// Takes the source.
    ///
    /// - Parameter origin: the name of the server that is asked.
    /// - Throws: `JournalError`: `locked` where another process refreshes.
    init(_ access: JournalAccess, origin: String, clock: WallClock) throws {
        writer = try access.writer(.lookup, clock)
        self.origin = origin
        self.clock = clock
    }

    /// A number that no question had before: the time, or one more where the clock stands.
    func nextNumber() -> Int {
        lastNumber = max(lastNumber + 1, Int(clock.now.rawValue))
        return lastNumber
    }

    /// Writes a question; it is on the disk when this returns, and only then may it leave.
    ///
    /// A pass that asks for nothing leaves no trace.
    func ask(_ question: Question, number: Int) throws {
        try begin()
        try writer.append(
            event: EventKind.asked,
            fields: [
                ("number", .integer(Int64(number))), ("origin", .string(origin)),
                ("deletions", .string(Question.deletionsLater)), ("posts", .json(question.json)),
            ]
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

    /// Writes that deletions are believed, and which: tombstones come from these records alone.
    ///
    /// - Parameters:
    ///   - ids: the posts that are gone; none where only a doubt has ended.
    ///   - fields: what is worth knowing of the decision.
    func believe(_ ids: [UInt64], _ fields: [(String, EventValue)]) throws {
        try begin()
        if ids.isEmpty { try writer.append(event: EventKind.believed, fields: fields) }
        for start in stride(from: 0, to: ids.count, by: LookupJournal.deletionLimit) {
            let some = ids[start..<min(start + LookupJournal.deletionLimit, ids.count)]
            try writer.append(event: EventKind.believed, fields: fields)
            let record = EventValue.object([("deleted", .array(some.map { .string("\($0)") }))])
            try (record.json + [10]).withUnsafeBytes { try writer.append($0) }
        }
        try writer.sync()
    }

    /// Writes that deletions are doubted; nothing comes of them.
    func doubt(_ fields: [(String, EventValue)]) throws {
        try begin()
        try writer.append(event: EventKind.doubted, fields: fields)
        try writer.sync()
    }

    /// Notes that the journal goes on with this server, and with which it did before.
    func acceptServer(before: String) throws {
        try writer.append(
            event: EventKind.server,
            fields: [("origin", .string(origin)), ("before", .string(before))]
        )
        try writer.sync()
    }

    /// A line that a kill left unfinished ends with the first thing that is written.
    private func begin() throws {
        if !hasAsked, writer.endOffset > .zero {
            try writer.append(event: EventKind.closed, fields: [("why", .string("started"))])
        }
        hasAsked = true
    }

    func sync() throws { try writer.sync() }

    func close() throws { try writer.close() }
}
