public import Sinks

/// Checks of several sinks together, before any of them is opened.
public enum FeedTargets {
    /// Reads sink addresses, each with a target of its own, in the order in which they were given.
    ///
    /// - Parameter others: what the command writes to anyway.
    /// - Throws: `SinkError` with code `address`, also where two addresses lead to one target: they would write over each other.
    public static func addresses(
        _ texts: [String],
        besides others: [SinkAddress] = []
    ) throws(SinkError) -> [SinkAddress] {
        var addresses: [SinkAddress] = []
        var known: [String: SinkAddress] = [:]
        for address in others { for name in address.targetNames { known[name] = address } }
        for text in texts {
            let address = try SinkAddress(text)
            let names = address.targetNames
            let other = names.lazy.compactMap { known[$0] }.first
            for name in names { known[name] = address }
            if let other {
                let what = "\(other)" == "\(address)" ? "'\(address)' is" : "'\(other)' and '\(address)' are"
                throw SinkError(.address, "\(what) one sink; name it once")
            }
            addresses.append(address)
        }
        return addresses
    }

    /// Checks that a checkpoint's name leaves space for each sink's own behind it.
    ///
    /// - Throws: `SinkError` with code `address`.
    public static func checkName(_ checkpoint: String) throws(SinkError) {
        // A kind, two dashes and sixteen digits are added, 64 are allowed.
        guard checkpoint.utf8.count <= 33 else {
            throw SinkError(
                .address,
                "with several sinks the name of --checkpoint has 33 characters at most: each sink's own follows it"
            )
        }
    }
}
