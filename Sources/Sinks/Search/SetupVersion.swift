internal import JSON

/// Which search engine answers, and in which version.
public struct SearchVersion: Sendable, Equatable, CustomStringConvertible {
    /// The product.
    public let engine: SearchEngine
    /// The number as the engine gives it, `8.19.8` for example.
    public let number: String

    /// The part before the first dot; 0 where that is no number.
    public var major: Int { SearchVersion.major(number) }

    /// The product's name and number.
    public var description: String { "\(engine.title) \(number)" }

    /// Whether setting up is known to work there.
    var isSupported: Bool {
        switch engine {
        case .elasticsearch: (7...9).contains(major)
        case .opensearch: (1...3).contains(major)
        }
    }

    /// Reads the answer to `GET /`; nil where it has no version, or hides it.
    ///
    /// An OpenSearch that was told to pass for Elasticsearch (`compatibility.override_main_response_version`) gives 7.10.2 and no
    /// distribution, but keeps its tagline.
    init?(root: JSONValue) {
        guard let version = root["version"], let number = version["number"]?.text else { return nil }
        let distribution = version["distribution"]?.text
        let isOpenSearch = distribution == "opensearch" || root["tagline"]?.text?.contains("OpenSearch") == true
        if isOpenSearch && distribution == nil { return nil }
        self.init(engine: isOpenSearch ? .opensearch : .elasticsearch, number: number)
    }

    /// Reads the answer to `GET /_nodes/_local`; nil where it has no version.
    ///
    /// It does not name the product, but the numbers tell: OpenSearch began anew at 1 where Elasticsearch was at 7.
    init?(nodes: JSONValue) {
        guard let node = nodes["nodes"]?.members.first?.value, let number = node["version"]?.text else { return nil }
        self.init(engine: SearchVersion.major(number) >= 5 ? .elasticsearch : .opensearch, number: number)
    }

    private init(engine: SearchEngine, number: String) {
        self.engine = engine
        self.number = number
    }

    private static func major(_ number: String) -> Int { Int(number.prefix { $0 != "." }) ?? 0 }
}

extension SearchSetup {
    /// Asks for product and version, and refuses another product than the address names, or a version that nobody has tried.
    ///
    /// - Throws: `SinkError`.
    public func engineVersion() throws(SinkError) -> SearchVersion {
        let address = client.address
        let root = try ask("GET", "/", "say its version", .version, accepting: [400, 404, 405])
        var found = root.json.flatMap { SearchVersion(root: $0) }
        if found == nil {
            // Small distributions have no main page, and a disguised one hides its version.
            let nodes = try ask(
                "GET",
                "/_nodes/_local?filter_path=nodes.*.version",
                "say its version",
                .version,
                accepting: [400, 404, 405]
            )
            found = nodes.json.flatMap { SearchVersion(nodes: $0) }
        }
        guard let found else {
            throw SinkError(
                .refused,
                "\(address.url) answers (\(root.status)), but not as \(address.engine.title) does; check the URL: its path is what "
                    + "stands before the last slash"
            )
        }
        guard found.engine == address.engine else {
            throw SinkError(
                .refused,
                "\(address.url) is \(found), not \(address.engine.title): write "
                    + "\(found.engine.rawValue):\(address.url)/\(address.alias)"
            )
        }
        guard found.isSupported else {
            throw SinkError(
                .refused,
                "\(address.url) is \(found); supported are Elasticsearch 7, 8, 9 and OpenSearch 1, 2, 3. With --no-setup nothing but "
                    + "_bulk is asked, and any version will do that takes it"
            )
        }
        return found
    }
}
