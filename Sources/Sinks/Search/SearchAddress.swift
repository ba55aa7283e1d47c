/// Which engine an index is in: they speak the same `_bulk`, and differ in what is around it.
public enum SearchEngine: String, Sendable {
    /// Elasticsearch 7, 8, 9.
    case elasticsearch
    /// OpenSearch 1, 2, 3.
    case opensearch

    /// The name as its makers write it.
    public var title: String { self == .elasticsearch ? "Elasticsearch" : "OpenSearch" }
}

/// An index, or rather the alias in front of it, as it is written on the command line: `elasticsearch:URL/INDEX`.
public struct SearchAddress: Sendable, Equatable, CustomStringConvertible {
    /// Which engine.
    public let engine: SearchEngine
    /// The engine's URL, without a slash at its end and without user information.
    public let url: String
    /// The alias that is written through and searched.
    public let alias: String

    /// The address as it is written.
    public var description: String { "\(engine.rawValue):\(url)/\(alias)" }

    /// Reads what stands behind `elasticsearch:` or `opensearch:`.
    ///
    /// - Throws: `SinkError` with code `address`: no http or https URL, no or a wrong index name, user information, a query.
    public init(_ engine: SearchEngine, _ target: String) throws(SinkError) {
        let example = "\(engine.rawValue):http://127.0.0.1:9200/posts"
        guard target.hasPrefix("http://") || target.hasPrefix("https://") else {
            throw SinkError(.address, "'\(engine.rawValue):…' needs an http or https URL: write \(example)")
        }
        guard !target.contains("@") else {
            // Not repeated: what stands before the @ is a secret.
            throw SinkError(
                .address,
                "a user or password in a URL ends up in logs; give REPRISE_SEARCH_USERNAME and REPRISE_SEARCH_PASSWORD instead"
            )
        }
        guard !target.contains("?"), !target.contains("#") else {
            throw SinkError(.address, "'\(target)' has a query or fragment: write \(example)")
        }
        guard let slash = target.lastIndex(of: "/"), let scheme = target.range(ofText: "://"),
            slash >= scheme.upperBound,
            slash > scheme.upperBound
        else { throw SinkError(.address, "'\(target)' names no index: write \(example)") }
        let alias = String(target[target.index(after: slash)...])
        guard SearchAddress.isName(alias) else {
            throw SinkError(
                .address,
                "'\(alias)' cannot be an index's name: use a-z, 0-9, '-', '_' and '.', a letter or digit first, 200 at most"
            )
        }
        self.engine = engine
        self.alias = alias
        var url = String(target[..<slash])
        while url.hasSuffix("/") { url.removeLast() }
        self.url = url
    }

    /// Whether a text can be an alias's name, in both engines and without escapes in a URL.
    public static func isName(_ name: String) -> Bool {
        guard (1...200).contains(name.utf8.count), let first = name.utf8.first else { return false }
        let isFirstGood = (97...122).contains(first) || (48...57).contains(first)
        return isFirstGood
            && name.utf8.allSatisfy { byte in
                (97...122).contains(byte) || (48...57).contains(byte) || [45, 46, 95].contains(byte)
            }
    }
}

extension String {
    /// The first place of a text in this one.
    fileprivate func range(ofText text: String) -> Range<Index>? { firstRange(of: text) }
}
