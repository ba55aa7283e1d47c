internal import Glibc
internal import Journal
internal import Lifecycle
internal import Options
internal import Replayer
internal import Sinks

/// Opens what `--sink` names.
enum DeliverySetup {
    static let options =
        [
            Option(
                long: "no-setup",
                help: "Ask a search engine for nothing but _bulk: the alias is there, and made by somebody else."
            )
        ] + SearchSettings.options

    /// Opens a sink's delivery.
    ///
    /// - Parameters:
    ///   - resuming: whether a file is gone on with.
    ///   - patience: what happens when a remote sink takes nothing.
    static func open(
        _ address: SinkAddress,
        _ invocation: Invocation,
        resuming: Bool,
        patience: DeliveryPatience,
        shutdown: ShutdownSignal
    ) throws -> any Delivery {
        guard case .search(let search) = address else {
            return LocalDelivery(try address.open(transformDigest: Replayer.transformDigest, resuming: resuming))
        }
        let connection = try SearchSettings.connection(invocation)
        let sink = SearchSink(search, connection, identity: "\(address)")
        return try ConcurrentDelivery(
            sink,
            patience: patience,
            shutdown: shutdown,
            seed: UInt64.random(in: 0...UInt64.max)
        )
    }
}
