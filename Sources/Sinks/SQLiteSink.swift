internal import Index
public import Transform

/// The embedded index as a sink: a row a post, the newest version wins.
public final class SQLiteSink: Sink {
    /// The newest version of each post is kept.
    public let kind = SinkKind.upsert
    /// The index's own identity, which a new file does not share.
    public let identity: String
    private let writer: IndexWriter
    private let standsAlone: Bool

    /// Opens an index; a missing file is made.
    ///
    /// - Parameters:
    ///   - standsAlone: whether the file is closed as one that needs no log beside it.
    ///   - isStopped: asked while another program locks the file; true ends the wait.
    /// - Throws: `IndexError`, also where it belongs to another transform.
    public init(
        path: String,
        transformDigest: String,
        standsAlone: Bool = false,
        isStopped: @escaping () -> Bool = { false }
    ) throws {
        self.standsAlone = standsAlone
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
    public func close() throws { try writer.close(standingAlone: standsAlone) }
}
