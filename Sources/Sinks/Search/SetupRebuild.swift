internal import JSON

/// An index that is being filled behind the back of its alias.
public struct SearchRebuild: Sendable, Equatable {
    /// The index to deliver to, by its own name: it has no alias yet.
    public let index: String
    /// The new index's own id.
    public let uuid: String
    /// Which engine, in which version.
    public let version: SearchVersion
    /// The index that the alias writes to meanwhile; nil where there is no alias.
    public let previous: String?

    /// What the checkpoint of the replay that fills it is bound to.
    public var identity: String { "\(version.engine.rawValue):\(uuid)" }
}

/// What a rebuild ended with.
public struct SearchRebuildResult: Sendable, Equatable {
    /// The alias's new index.
    public let target: SearchTarget
    /// How many documents the new index has, the stubs of posts that are gone included.
    public let documents: Int
    /// The indices that the alias has left; they are kept.
    public let kept: [String]
}

extension SearchSetup {
    /// Makes the next index, without the alias: searches and other writers go on with the old one.
    ///
    /// - Throws: `SinkError`; also where the alias's name is not ours.
    public func beginRebuild() throws(SinkError) -> SearchRebuild {
        retries.begin()
        let version = try engineVersion()
        let previous = try writeIndex()?.name
        try putTemplate()
        // A rebuild that was broken off has left its index, and another one may begin now.
        var number = try highestNumber() + 1
        while try !makeIndex(SearchSetup.index(number, of: client.address.alias), alias: nil) { number += 1 }
        let index = SearchSetup.index(number, of: client.address.alias)
        let reply = try ask("GET", "/\(index)", "show the index \(index)", .look)
        guard let found = reply.json?[index], let uuid = found["settings"]?["index"]?["uuid"]?.text,
            let mappings = found["mappings"]
        else {
            throw SinkError(.refused, "\(client.address.url) does not show the index \(index) that it has just made")
        }
        let wantedFilter = JSONValue.parse(SearchMapping.filter.bytes)
        let differences = mapping.differences(from: mappings, filter: wantedFilter)
        guard differences.isEmpty else {
            throw SinkError(
                .refused,
                "the index \(index) at \(client.address.url) was made otherwise than asked for: "
                    + "\(differences.joined(separator: "; ")). Look for another index template that matches it"
            )
        }
        return SearchRebuild(index: index, uuid: uuid, version: version, previous: previous)
    }

    /// Puts the alias in front of the new index, once that has what it should have; the old one is kept.
    ///
    /// - Parameter expected: how many documents the new index must hold: different posts, stubs included.
    /// - Throws: `SinkError`: `refused` where the count is another, or the alias has moved meanwhile; the alias stays as it is.
    public func finishRebuild(
        _ rebuild: SearchRebuild,
        documents expected: ClosedRange<Int>
    ) throws(SinkError) -> SearchRebuildResult {
        retries.begin()
        let address = client.address
        let remains =
            "the alias \(address.alias) stays as it was; to remove the new index: DELETE \(address.url)/\(rebuild.index)"
        let count = try count(rebuild.index)
        guard expected.contains(count) else {
            let wanted =
                expected.count == 1
                ? "\(expected.lowerBound)" : "\(expected.lowerBound) to \(expected.upperBound)"
            throw SinkError(
                .refused,
                "the index \(rebuild.index) at \(address.url) has \(count) documents, not \(wanted); \(remains)"
            )
        }
        let current = try writeIndex()
        guard current?.name == rebuild.previous else {
            throw SinkError(
                .refused,
                "\(address.alias) at \(address.url) writes to \(current?.name ?? "nothing") now, not to "
                    + "\(rebuild.previous ?? "nothing") as before the rebuild; \(remains)"
            )
        }
        try swap(from: current?.all ?? [], to: rebuild.index, remains)
        let target = SearchTarget(version: rebuild.version, index: rebuild.index, uuid: rebuild.uuid, isNew: true)
        return SearchRebuildResult(target: target, documents: count, kept: current?.all ?? [])
    }

    private func count(_ index: String) throws(SinkError) -> Int {
        _ = try ask("POST", "/\(index)/_refresh", "refresh \(index)", .count)
        let reply = try ask("GET", "/\(index)/_count", "count \(index)", .count)
        guard let count = reply.json?["count"]?.integer, reply.json?["_shards"]?["failed"]?.integer == 0 else {
            throw SinkError(.unavailable, "\(client.address.url) cannot count all of \(index); try again later")
        }
        return count
    }

    /// One request, so no search ever sees both indices or none.
    ///
    /// Two of them at the same time cannot both succeed: an alias with two write indices is refused as a whole.
    func swap(from old: [String], to new: String, _ remains: String) throws(SinkError) {
        let alias = JSONTree.string(client.address.alias)
        let removals = old.map { JSONTree.object([("remove", ["index": .string($0), "alias": alias])]) }
        let reply = try ask(
            "POST",
            "/_aliases",
            "put \(client.address.alias) in front of \(new)",
            .manage,
            body: JSONTree.object([("actions", .array(removals + [aliasAddition(new)]))]).bytes,
            accepting: [400, 404, 500]
        )
        if reply.status == 200 { return }
        throw SinkError(
            .refused,
            "\(client.address.url) does not put \(client.address.alias) in front of \(new), perhaps because somebody else has just "
                + "moved it: \(reply.errorText); \(remains)"
        )
    }

    /// The highest number of an index of this alias, whether or not the alias has it; 0 where there is none.
    private func highestNumber() throws(SinkError) -> Int {
        let prefix = "\(client.address.alias)-"
        let path = "/\(prefix)*/_settings?expand_wildcards=open,closed&filter_path=*.settings.index.uuid"
        let reply = try ask("GET", path, "list \(prefix)*", .look, accepting: [404])
        // `posts-*` matches `posts-live-000001` too, whose rest is no number.
        // Nor is a number that nobody has counted to.
        return reply.json?.members.compactMap { $0.name.hasPrefix(prefix) ? Int($0.name.dropFirst(prefix.count)) : nil }
            .filter { (0..<1_000_000_000).contains($0) }.max() ?? 0
    }
}
