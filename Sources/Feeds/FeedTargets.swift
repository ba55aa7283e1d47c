internal import Journal
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

    /// Checks that no sink is a file of the journal or of another one, or has a name that a journal uses: it would overwrite
    /// what was recorded.
    ///
    /// - Parameter journal: the journal's folder.
    /// - Throws: `SinkError` with code `address`.
    public static func check(_ addresses: [SinkAddress], outside journal: String) throws(SinkError) {
        let folder = SinkAddress.ndjson(path: journal).target + "/"
        for address in addresses {
            guard case .ndjson = address else {
                guard case .sqlite = address else { continue }
                try check(address, folder, isIndex: true)
                continue
            }
            try check(address, folder, isIndex: false)
        }
    }

    private static func check(_ address: SinkAddress, _ folder: String, isIndex: Bool) throws(SinkError) {
        let target = address.target
        guard target.hasPrefix(folder) else {
            guard Journal.owns(path: target) else { return }
            throw SinkError(
                .address,
                "'\(address)' is a file of a journal, or stands where one keeps its own; name one outside of it"
            )
        }
        let path = target.dropFirst(folder.count).split(separator: "/").map(String.init)
        // The page's own index stands there, too.
        guard Journal.reserves(path) || !isIndex && path.first?.hasPrefix("index.sqlite") == true else { return }
        throw SinkError(
            .address,
            "'\(address)' is a file of the journal at \(folder.dropLast()); name one outside of it"
        )
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
