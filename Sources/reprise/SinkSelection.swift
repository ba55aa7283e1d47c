internal import Options
internal import Sinks

/// The sinks that `--sink` names, each with a target of its own.
enum SinkSelection {
    /// Reads the addresses, in the order in which they were given.
    ///
    /// - Parameter besides: what the command writes to anyway.
    static func addresses(_ invocation: Invocation, besides: [SinkAddress] = []) throws -> [SinkAddress] {
        let addresses = try invocation.strings("sink").map { text throws(SinkError) in try SinkAddress(text) }
        var known: [String: SinkAddress] = [:]
        for address in besides { known[address.target] = address }
        for address in addresses {
            if let other = known.updateValue(address, forKey: address.target) {
                let what = "\(other)" == "\(address)" ? "'\(address)' is" : "'\(other)' and '\(address)' are"
                throw UsageError("\(what) one sink; name it once", command: invocation.path)
            }
        }
        return addresses
    }
}
