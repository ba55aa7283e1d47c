internal import Failures
internal import JSON
internal import Transform

/// What a `_bulk` reply says of each document.
struct BulkReply: Equatable {
    struct Item: Equatable {
        let status: Int
        /// The document's id; nil where the reply leaves it out, as asked for.
        let id: String?
        /// Whether the index had no document of that id; known only where the reply holds results.
        let isCreated: Bool
        /// The error's type; empty where there is none.
        let type: String
        let reason: String

        /// The item with its words as they may be shown.
        func showing(_ shown: (String) -> String) -> Item {
            Item(status: status, id: id, isCreated: isCreated, type: shown(type), reason: shown(reason))
        }
    }

    /// One for each action, in order.
    let items: [Item]

    /// Reads a reply made with `filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason`, results or not.
    ///
    /// A reply without errors costs a walk over its statuses and no string. Returns nil for what is no whole reply.
    init?(_ body: [UInt8]) {
        var reader = BulkReplyReader(body)
        guard let items = reader.read() else { return nil }
        self.items = items
    }

    /// Whether it has an item for each document of a call, in order as far as it tells their ids.
    ///
    /// What stands between us and the engine may pass on a whole reply though a part was asked for.
    func isAbout(_ batch: DocumentBatch, _ documents: [Int32]) -> Bool {
        items.count == documents.count
            && zip(items, documents).allSatisfy { item, number in
                item.id == nil || item.id == batch.string(batch.documents[Int(number)].tweetID)
            }
    }

    /// What becomes of each document, or of the call as a whole.
    ///
    /// Only parsing, strict mapping and size are a document's own fault (measured on Elasticsearch 8.19 and OpenSearch 2.19).
    ///
    /// - Parameter shown: removes credentials from the engine's words.
    func result(alias: String, shown: (String) -> String = { $0 }) -> CallResult {
        var outcomes: [DocumentOutcome] = []
        outcomes.reserveCapacity(items.count)
        for item in items {
            switch item.status {
            case 200, 201: outcomes.append(.accepted)
            case 409: outcomes.append(.stale)
            default:
                let item = item.showing(shown)
                if let fault = BulkFault.reason(item, alias: alias) {
                    return .failed(BulkFault.cause(item), reason: fault)
                }
                if BulkFault.isOfDocument(item) {
                    outcomes.append(.rejected(reason: BulkFault.text(item)))
                } else {
                    outcomes.append(.retry)
                }
            }
        }
        return .outcomes(outcomes)
    }
}

/// Errors of single documents that are faults of the index, and those that are the document's own.
enum BulkFault {
    /// What somebody has to put right before any document is taken; nil where the error is of another kind.
    static func reason(_ item: BulkReply.Item, alias: String) -> String? {
        let text = "\(item.type): \(item.reason)"
        switch item.type {
        case "index_not_found_exception":
            return
                "there is no alias '\(alias)' (\(text)); put it back, or start without --no-setup, which makes a new index and "
                + "fills it from the beginning. Whoever makes a new one by hand gives another --checkpoint too"
        case "index_closed_exception":
            return "the index behind '\(alias)' is closed (\(text)); open it: POST /\(alias)/_open"
        case "cluster_block_exception" where item.reason.contains("flood") || item.reason.contains("allow delete"):
            return
                "the engine's disk is full (\(text)); make room there, and where it does not take writes again by itself, "
                + unblock(alias, "read_only_allow_delete")
        case "cluster_block_exception":
            return "the index behind '\(alias)' takes no writes (\(text)); "
                + unblock(alias, item.reason.contains("read-only") ? "read_only" : "write")
        case "illegal_argument_exception" where item.reason.contains("no write index"):
            return "the alias '\(alias)' has no write index (\(text)); mark one with is_write_index"
        case "security_exception": return forbidden(alias, text)
        default: return item.status == 401 || item.status == 403 ? forbidden(alias, text) : nil
        }
    }

    /// The cause of an error that `reason` has words for.
    static func cause(_ item: BulkReply.Item) -> FailureCause {
        switch item.type {
        case "index_not_found_exception", "illegal_argument_exception": .missingTarget
        case "index_closed_exception", "cluster_block_exception": .blocked
        default: item.status == 401 ? .credentials : .permission
        }
    }

    private static func unblock(_ alias: String, _ block: String) -> String {
        #"take the block away: PUT /\#(alias)/_settings {"index.blocks.\#(block)":null}"#
    }

    /// What to say where the user is known, and may not write.
    static func forbidden(_ alias: String, _ text: String) -> String {
        "these credentials may not write to '\(alias)' (\(text)); the user needs the privilege to index"
    }

    /// The engine's words without the value that it could not read.
    static func text(_ item: BulkReply.Item) -> String {
        // Behind these words the engines repeat what the field holds, as text or as bytes.
        let ends = ["Preview of field", "The prefix of the first immense term"].compactMap {
            item.reason.firstRange(of: $0)?.lowerBound
        }
        var words = item.reason[..<(ends.min() ?? item.reason.endIndex)].prefix(300)
        while words.last == " " { words.removeLast() }
        return words.isEmpty ? item.type : "\(item.type): \(words)"
    }

    /// Whether no engine will ever take this document as it is.
    static func isOfDocument(_ item: BulkReply.Item) -> Bool {
        if item.status == 413 { return true }
        guard item.status == 400 else { return false }
        return [
            "mapper_parsing_exception", "document_parsing_exception", "strict_dynamic_mapping_exception",
            "illegal_argument_exception", "parsing_exception", "x_content_parse_exception", "input_coercion_exception",
        ].contains(item.type)
    }
}
