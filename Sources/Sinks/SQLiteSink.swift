internal import Index
public import Lifecycle
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
    /// - Throws: `IndexError`, also where it belongs to another transform.
    public init(path: String, transformDigest: String) throws {
        writer = try IndexWriter(path: path, transformDigest: transformDigest)
        identity = "sqlite:\(writer.identity)"
    }

    /// Lets a shutdown end the wait for another program's lock.
    public func endWaits(on shutdown: ShutdownSignal) {
        writer.endWaits { shutdown.isRequested(for: .seconds(1)) }
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
