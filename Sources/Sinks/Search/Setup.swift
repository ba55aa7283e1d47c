internal import Failures
internal import JSON
public import Lifecycle
public import Time

/// Where documents go once a search engine is ready for them.
public struct SearchTarget: Sendable, Equatable {
    /// Which engine, in which version.
    public let version: SearchVersion
    /// The index behind the alias that is written to.
    public let index: String
    /// That index's own id, which no other index will have.
    public let uuid: String
    /// Whether the index was made by this call.
    public let isNew: Bool

    /// What a checkpoint is bound to: `elasticsearch:UUID`.
    public var identity: String { "\(version.engine.rawValue):\(uuid)" }
}

/// Prepares an alias for documents: template, first index and alias at the first use, a comparison at every later one.
///
/// Nothing that it has not made is ever changed. One thread at a time, because its client is so.
public struct SearchSetup {
    let client: SearchClient
    let mapping: SearchMapping
    let retries: SetupRetries

    /// Makes a setup; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - client: asks the engine; its address names the alias.
    ///   - transformDigest: what makes the documents; an index belongs to one transform.
    ///   - giveUpAfter: how long preparing, and each other step, may take in all; requests that fail for a cause that may pass are
    ///     retried for as long. Nil: each is sent once, and may take the connection's timeout.
    ///   - shutdown: ends the request under way and each wait, within 100 ms.
    ///   - random: gives numbers from 0 up to, but not including, 1, for the waits' jitter.
    ///   - onTrouble: gets the reason each time a request is to be retried.
    public init(
        _ client: SearchClient,
        transformDigest: String,
        giveUpAfter: Duration? = nil,
        shutdown: ShutdownSignal = ShutdownSignal(),
        clock: MonotonicClock = .system,
        random: @escaping () -> Double = { Double.random(in: 0..<1) },
        onTrouble: @escaping (String) -> Void = { _ in }
    ) {
        self.client = client
        mapping = SearchMapping(transformDigest: transformDigest)
        retries = SetupRetries(
            giveUpAfter: giveUpAfter,
            shutdown: shutdown,
            clock: clock,
            random: random,
            onTrouble: onTrouble
        )
    }

    /// What a checkpoint is bound to where nothing but `_bulk` may be asked (`--no-setup`): engine, URL and alias.
    ///
    /// An index that was deleted and made anew keeps this identity, so its checkpoints go on behind documents that it lost.
    public static func identityWithoutSetup(_ address: SearchAddress) -> String {
        "\(address)"
    }

    /// Makes what is missing, and checks what is there; several processes may do so at the same time.
    ///
    /// - Throws: `SinkError`: `unavailable` where it works later, at the latest once somebody has put something right there;
    ///   `refused` where this is another product, mapping or transform, or a name that is not ours.
    public func prepare() throws(SinkError) -> SearchTarget {
        retries.begin()
        let version = try engineVersion()
        if let index = try writeIndex() { return try target(index, version, isNew: false) }
        try putTemplate()
        // Index and alias come to be in one step, so of two processes one makes both, and the other finds both.
        let isNew = try makeIndex(firstIndex, alias: client.address.alias)
        if let index = try writeIndex() { return try target(index, version, isNew: isNew) }
        throw SinkError(
            .unavailable,
            "the index \(firstIndex) is at \(client.address.url), but not the alias \(client.address.alias) in front of it; "
                + "put the alias back (\(addition(of: firstIndex))), or --rebuild makes the next index and the alias, or give another name",
            cause: .missingTarget
        )
    }

    /// The request that puts the alias in front of an index.
    func addition(of index: String) -> String {
        "POST \(client.address.url)/_aliases \(JSONTree.object([("actions", [aliasAddition(index)])]).text)"
    }

    /// The action that puts the alias, with all that belongs to it, in front of an index.
    func aliasAddition(_ index: String) -> JSONTree {
        [
            "add": [
                "index": .string(index), "alias": .string(client.address.alias), "is_write_index": true,
                "filter": SearchMapping.filter,
            ]
        ]
    }

    private var firstIndex: String { SearchSetup.index(1, of: client.address.alias) }

    /// The name of an index: six digits, as the engines' own rollover has it.
    static func index(_ number: Int, of alias: String) -> String {
        let digits = String(number)
        return "\(alias)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    }

    func putTemplate() throws(SinkError) {
        let alias = client.address.alias
        _ = try ask(
            "PUT",
            "/_index_template/reprise-\(alias)",
            "take the index template reprise-\(alias)",
            .template,
            body: mapping.template(alias: alias).bytes
        )
    }

    /// Makes an index, with its alias where one is given.
    ///
    /// - Returns: whether it was made; false where it was there.
    func makeIndex(_ name: String, alias: String?) throws(SinkError) -> Bool {
        let body = mapping.index(alias: alias).bytes
        let reply = try ask("PUT", "/\(name)", "make the index \(name)", .manage, body: body, accepting: [400])
        if reply.status != 400 { return true }
        // The alias's name may have been taken by an index meanwhile, which the caller's next look tells.
        let isThere = ["resource_already_exists_exception", "invalid_alias_name_exception"]
        if let type = reply.json?["error"]?["type"]?.text, isThere.contains(type) { return false }
        throw SinkError(
            .refused,
            "\(client.address.engine.title) at \(client.address.url) does not make the index \(name): \(reply.errorText)"
        )
    }

    private func target(
        _ index: SearchWriteIndex,
        _ version: SearchVersion,
        isNew: Bool
    ) throws(SinkError) -> SearchTarget {
        let differences = mapping.differences(from: index.mapping, filter: index.filter)
        guard differences.isEmpty else {
            throw SinkError(
                .refused,
                "the index \(index.name) at \(client.address.url) is for other documents: "
                    + "\(differences.joined(separator: "; ")). --rebuild makes a new index from the journal and keeps this one, or give "
                    + "another name"
            )
        }
        return SearchTarget(version: version, index: index.name, uuid: index.uuid, isNew: isNew)
    }
}
