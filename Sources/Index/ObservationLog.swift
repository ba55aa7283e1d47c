internal import SQLite
internal import Time
internal import Transform

/// Keeps every observation of counts: a row a post and version.
///
/// Documents that are stale for the post's own row are kept here too, so the history is the same whatever the order in which
/// they came.
final class ObservationLog {
    private let insert: Statement

    init(_ connection: Connection) throws {
        insert = try connection.prepare(
            "INSERT INTO observations (tweet_id, version, observed_at, likes, retweets, replies, quotes) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
    }

    /// Keeps the counts of a document; one without counts, such as a tombstone, observes none.
    ///
    /// - Parameter batch: holds its bytes, which must stay in place until `forgetBatch()`.
    func keep(_ document: Document, of batch: DocumentBatch) throws(SQLiteError) {
        guard
            document.likes != nil || document.retweets != nil || document.replies != nil || document.quotes != nil
        else { return }
        try insert.bind(document.tweetID, of: batch, at: 0)
        try insert.bind(Int64(clamping: document.version), at: 1)
        try insert.bind(document.observedAt.rawValue, at: 2)
        try insert.bind(document.likes, at: 3)
        try insert.bind(document.retweets, at: 4)
        try insert.bind(document.replies, at: 5)
        try insert.bind(document.quotes, at: 6)
        try insert.run()
    }

    /// Lets go of the bytes of the batch.
    func forgetBatch() { insert.clearBindings() }
}
