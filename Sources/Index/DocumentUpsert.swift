internal import SQLite
internal import Time
internal import Transform

/// The guarded upsert: puts a document in its post's row unless the row is as new or newer.
///
/// Most documents are new posts, so the insert is tried first and costs one walk down the tree; only where the post is known
/// are its version and what it counts for read.
final class DocumentUpsert {
    private let connection: Connection
    private let insert: Statement
    private let known: Statement
    private let update: Statement

    init(_ connection: Connection) throws {
        self.connection = connection
        let columns = [
            "tweet_id", "version", "gone", "timestamp", "category", "categories", "retweets", "replies", "likes",
            "quotes",
            "created_at", "observed_at", "author_id", "lang", "kind", "text",
        ]
        let marks = columns.indices.map { "?\($0 + 1)" }
        insert = try connection.prepare(
            "INSERT INTO documents (\(columns.joined(separator: ", "))) VALUES (\(marks.joined(separator: ", "))) "
                + "ON CONFLICT DO NOTHING"
        )
        let assignments = zip(columns, marks).dropFirst().map { "\($0) = \($1)" }
        update = try connection.prepare(
            "UPDATE documents SET \(assignments.joined(separator: ", ")) WHERE tweet_id = ?1"
        )
        known = try connection.prepare(
            "SELECT version, gone, timestamp, category, likes, observed_at FROM documents WHERE tweet_id = ?"
        )
    }

    /// Puts one document in; false where it is stale.
    ///
    /// - Parameters:
    ///   - document: a document of the batch.
    ///   - batch: holds its bytes, which must stay in place until `forgetBatch()`.
    ///   - changes: takes what the counts change by.
    func apply(_ document: Document, of batch: DocumentBatch, changes: inout CountChanges) throws -> Bool {
        try bind(document, of: batch, to: insert)
        try insert.run()
        if connection.changes == 0 {
            try known.bind(document.tweetID, of: batch, at: 0)
            defer { known.reset() }
            guard try known.step(), known.int64(0) < Int64(clamping: document.version) else { return false }
            if known.int64(1) == 0 {
                known.withText(3) {
                    changes.add(
                        -1,
                        category: $0,
                        timestamp: known.optionalInt64(2),
                        likes: known.optionalInt64(4),
                        observedAt: known.int64(5)
                    )
                }
            }
            try bind(document, of: batch, to: update)
            try update.run()
        }
        changes.see(document.observedAt.rawValue)
        if document.origin != .tombstone { count(document, of: batch, in: &changes) }
        return true
    }

    /// Lets go of the bytes of the batch.
    func forgetBatch() {
        for statement in [insert, known, update] { statement.clearBindings() }
    }

    // MARK: - Internal

    private func count(_ document: Document, of batch: DocumentBatch, in changes: inout CountChanges) {
        func add(_ category: UnsafeRawBufferPointer) {
            changes.add(
                1,
                category: category,
                timestamp: document.timestampMilliseconds,
                likes: document.likes,
                observedAt: document.observedAt.rawValue
            )
        }
        guard let category = document.category else {
            return add(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let raw = batch.bytes(category)
        guard raw.hasEscape else { return add(raw) }
        var text = batch.string(category)
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    private func bind(_ document: Document, of batch: DocumentBatch, to statement: Statement) throws(SQLiteError) {
        try statement.bind(document.tweetID, of: batch, at: 0)
        // A version past 2^63 would lie 70,000 years ahead.
        try statement.bind(Int64(clamping: document.version), at: 1)
        try statement.bind(document.origin == .tombstone ? 1 : 0, at: 2)
        try statement.bind(document.timestampMilliseconds, at: 3)
        try statement.bind(document.category, of: batch, at: 4)
        if let categories = document.categories {
            try statement.bind(unownedText: batch.bytes(categories), at: 5)
        } else {
            try statement.bind(nil as Int64?, at: 5)
        }
        try statement.bind(document.retweets, at: 6)
        try statement.bind(document.replies, at: 7)
        try statement.bind(document.likes, at: 8)
        try statement.bind(document.quotes, at: 9)
        try statement.bind(document.createdAt, of: batch, at: 10)
        try statement.bind(document.observedAt.rawValue, at: 11)
        try statement.bind(document.authorID, of: batch, at: 12)
        try statement.bind(document.lang, of: batch, at: 13)
        let kind = document.postKind.name
        try statement.bind(
            unownedText: UnsafeRawBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount),
            at: 14
        )
        try statement.bind(document.text, of: batch, at: 15)
    }
}
