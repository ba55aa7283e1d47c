internal import Index
public import Transform

/// The embedded index as a sink: a row a post, the newest version wins.
public final class SQLiteSink: Sink {
    /// The newest version of each post is kept.
    public let kind = SinkKind.upsert
    /// The index's own identity, which a new file does not share.
    public let identity: String
    private let writer: IndexWriter

    /// Opens an index; a missing file is made.
    ///
    /// - Parameter isStopped: asked while another program locks the file; true ends the wait.
    /// - Throws: `IndexError`, also where it belongs to another transform.
    public init(path: String, transformDigest: String, isStopped: @escaping () -> Bool = { false }) throws {
        writer = try IndexWriter(path: path, transformDigest: transformDigest, isStopped: isStopped)
        identity = "sqlite:\(writer.identity)"
    }

    /// Applies a batch in one transaction.
    public func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        let counts = try writer.apply(batch)
        return DeliveryCounts(accepted: counts.accepted, stale: counts.stale)
    }

    /// Makes what was applied durable.
    public func flush() throws { try writer.flush() }

    /// Flushes and closes the file.
    public func close() throws { try writer.close() }
}
