public import Transform

/// Takes everything and keeps nothing: for measuring, and for counting what a range holds.
public final class NullSink: Sink {
    /// Every sighting is taken.
    public let kind = SinkKind.append
    /// There is only one.
    public let identity = "null:"

    /// Makes a sink.
    public init() {}

    /// Accepts every document.
    public func deliver(_ batch: DocumentBatch) -> DeliveryCounts { DeliveryCounts(accepted: batch.documents.count) }

    /// Does nothing.
    public func flush() {}

    /// Does nothing.
    public func close() {}
}
