internal import Journal
internal import Replayer
internal import Time
internal import Transform

/// The books of a replay as they are printed.
struct ReplayReport {
    private let books: ReplayBooks
    private let elapsed: Duration

    init(_ books: ReplayBooks, elapsed: Duration) {
        self.books = books
        self.elapsed = elapsed
    }

    private var dropped: [(String, Int)] { books.dropped.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 } }
    private var failed: [(String, Int)] { books.failed.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 } }

    /// Two lines for people.
    var text: String {
        func reasons(_ list: [(String, Int)]) -> String {
            list.isEmpty ? "" : " (" + list.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + ")"
        }
        let rate = elapsed.asSeconds > 0 ? Int(Double(books.records) / elapsed.asSeconds) : 0
        return """
            records    \(books.records) = \(books.yielding) yielding + \(books.droppedCount) dropped\(reasons(dropped)) \
            + \(books.failedCount) failed\(reasons(failed)), \(rate)/s
            documents  \(books.documents) = \(books.accepted) accepted + \(books.stale) stale + \(books.rejected) rejected\
            \(books.gaps > 0 ? "\ngaps       \(books.gaps): bytes are missing or damaged there" : "")

            """
    }

    /// One line for programs.
    var json: String {
        func object(_ list: [(String, Int)]) -> EventValue { .object(list.map { ($0.0, .integer(Int64($0.1))) }) }
        let value = EventValue.object([
            ("records", .integer(Int64(books.records))), ("yielding", .integer(Int64(books.yielding))),
            ("dropped", object(dropped)), ("failed", object(failed)),
            ("gaps", .integer(Int64(books.gaps))), ("documents", .integer(Int64(books.documents))),
            ("accepted", .integer(Int64(books.accepted))),
            ("stale", .integer(Int64(books.stale))), ("rejected", .integer(Int64(books.rejected))),
            ("elapsed_ms", .integer(elapsed.microseconds / 1_000)),
        ])
        return String(decoding: value.json, as: UTF8.self) + "\n"
    }
}
