internal import JSON

/// What an index must be for documents to fit: a type for each field, and whose documents they are.
///
/// Both are kept in the index, as its mapping and in the mapping's `_meta`, so every later start can compare.
public struct SearchMapping: Sendable {
    /// The version of `fields`; another one needs another index.
    public static let version = 1

    /// Every field of the default document and of a tombstone, with its type.
    ///
    /// `observed_at` has microseconds, of which a `date` keeps milliseconds to search and sort by; the document keeps all.
    /// `date_nanos` would keep them too, but sorts and aggregates differently in the two engines.
    public static let fields: [(name: String, type: String)] = [
        ("tweet_id", "keyword"), ("retweets", "long"), ("replies", "long"), ("likes", "long"), ("category", "keyword"),
        ("timestamp", "date"), ("quotes", "long"), ("categories", "keyword"), ("created_at", "date"),
        ("observed_at", "date"), ("author_id", "keyword"), ("lang", "keyword"), ("text", "text"), ("kind", "keyword"),
        ("gone", "boolean"),
    ]

    /// Hides the stubs of posts that are gone: they stay, because only they keep older versions out.
    static let filter: JSONTree = ["bool": ["must_not": ["term": ["gone": true]]]]

    /// The digest of the transform that makes the documents.
    public let transformDigest: String

    /// Makes the mapping for one transform's documents.
    public init(transformDigest: String) { self.transformDigest = transformDigest }

    /// What marks an index as ours.
    private var meta: JSONTree {
        ["reprise": ["transform": .string(transformDigest), "mapping": .integer(SearchMapping.version)]]
    }

    /// The mapping; a field that is not in it rejects its document.
    var mappings: JSONTree {
        let properties = SearchMapping.fields.map { field -> (name: String, value: JSONTree) in
            // A number in a date field is milliseconds only where no other format is tried before.
            let isMilliseconds = field.name == "timestamp"
            let type = JSONTree.string(field.type)
            let value: JSONTree = isMilliseconds ? ["type": type, "format": "epoch_millis"] : ["type": type]
            return (field.name, value)
        }
        return ["dynamic": "strict", "_meta": meta, "properties": .object(properties)]
    }

    /// One shard, which is enough for millions of posts, and a refresh every 5 s.
    ///
    /// A replay need not open a searcher every second. How many copies there are is the cluster's own default.
    private var settings: JSONTree { ["index": ["number_of_shards": 1, "refresh_interval": "5s"]] }

    /// The body that makes an index; with an alias, index and alias come to be together or not at all.
    func index(alias: String?) -> JSONTree {
        guard let alias else { return ["settings": settings, "mappings": mappings] }
        return [
            "settings": settings,
            "mappings": mappings,
            "aliases": [alias: ["is_write_index": true, "filter": SearchMapping.filter]],
        ]
    }

    /// The body of the index template, for indices that something else makes behind the alias, a rollover for example.
    func template(alias: String) -> JSONTree {
        [
            "index_patterns": [.string("\(alias)-*")],
            // `posts-*` matches the indices of `posts-live` too. Engines refuse two such patterns of one priority, and of two
            // the longer one must win: it is the one whose alias it is.
            "priority": .integer(200 + alias.utf8.count),
            "template": ["settings": settings, "mappings": mappings],
            "version": .integer(SearchMapping.version),
            "_meta": meta,
        ]
    }
}
