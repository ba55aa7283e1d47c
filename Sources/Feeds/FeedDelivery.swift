public import Lifecycle
public import Sinks

/// The way to a feed's sink without its journal and checkpoint, for documents that are delivered again one by one.
public enum FeedDelivery {
    /// Opens the delivery; whoever gets it closes it.
    ///
    /// - Parameters:
    ///   - seed: of the waits' jitter.
    ///   - shutdown: ends waits, those of opening too.
    /// - Throws: `SinkError`, or the sink's own error.
    public static func open(
        _ configuration: FeedConfiguration,
        seed: UInt64,
        _ shutdown: ShutdownSignal
    ) throws -> any Delivery {
        let delivery = try OpenFeed.delivery(configuration, seed: seed, shutdown)
        delivery.endWaits(on: shutdown)
        return delivery
    }
}
