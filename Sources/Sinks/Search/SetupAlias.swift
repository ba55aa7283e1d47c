internal import Failures
internal import JSON

/// What stands behind a name in the engine.
enum SearchAlias {
    /// Nothing.
    case missing
    /// An alias that we have made, with the index that it writes to.
    case ours(SearchWriteIndex)
    /// An alias of these indices, all made by us, of which none is marked as the one to write to.
    case undecided([String])
    /// Something else; why, as the end of a sentence.
    case foreign(String)

    /// Reads the answer to `GET /NAME`.
    init(_ name: String, _ found: JSONValue) {
        let indices = found.members
        if indices.contains(where: { $0.name == name }) {
            self = .foreign("is an index itself, not an alias")
            return
        }
        let behind = indices.filter { $0.value["aliases"]?[name] != nil }
        guard !behind.isEmpty, behind.count == indices.count else {
            self = .foreign("is neither an index nor an alias of indices; perhaps a data stream")
            return
        }
        let marked = behind.first { $0.value["aliases"]?[name]?["is_write_index"]?.isTrue == true }
        // One index alone is written to unless it says otherwise.
        let alone = behind.count == 1 && behind[0].value["aliases"]?[name]?["is_write_index"] == nil ? behind[0] : nil
        guard let writer = marked ?? alone else {
            let areOurs = behind.allSatisfy { $0.value["mappings"]?["_meta"]?["reprise"] != nil }
            self = areOurs ? .undecided(behind.map(\.name)) : .foreign("is an alias without a write index")
            return
        }
        guard let mapping = writer.value["mappings"], mapping["_meta"]?["reprise"] != nil,
            let uuid = writer.value["settings"]?["index"]?["uuid"]?.text
        else {
            self = .foreign("is an alias of \(writer.name), which Reprise has not made")
            return
        }
        self = .ours(
            SearchWriteIndex(
                name: writer.name,
                uuid: uuid,
                mapping: mapping,
                filter: writer.value["aliases"]?[name]?["filter"],
                all: behind.map(\.name)
            )
        )
    }
}

/// The index that an alias writes to.
struct SearchWriteIndex {
    let name: String
    let uuid: String
    let mapping: JSONValue
    /// The alias's filter.
    let filter: JSONValue?
    /// All indices behind the alias, this one included.
    let all: [String]
}

extension SearchSetup {
    /// Looks at what stands behind the alias's name.
    func alias() throws(SinkError) -> SearchAlias {
        let name = client.address.alias
        let reply = try ask("GET", "/\(name)", "show what \(name) is", .look, accepting: [404])
        if reply.status == 404 { return .missing }
        guard let found = reply.json else {
            throw SinkError(.refused, "\(client.address.url) does not answer in JSON what \(name) is; check the URL")
        }
        return SearchAlias(name, found)
    }

    /// The same, with whatever is not ours refused.
    ///
    /// - Returns: the write index, or nil where there is no such name.
    func writeIndex() throws(SinkError) -> SearchWriteIndex? {
        switch try alias() {
        case .missing: nil
        case .ours(let index): index
        case .undecided(let indices):
            throw SinkError(
                .unavailable,
                "\(client.address.alias) at \(client.address.url) has no write index among \(indices.joined(separator: ", ")); mark the "
                    + "one to write to: \(addition(of: indices.last ?? ""))",
                cause: .missingTarget
            )
        case .foreign(let why):
            throw SinkError(
                .refused,
                "\(client.address.alias) at \(client.address.url) \(why); it is left as it is. Give another name, or --no-setup to write "
                    + "to it as it is"
            )
        }
    }
}
