internal import HTTPClient
internal import JSON
internal import Transform

/// An index of Elasticsearch or OpenSearch behind its alias: the newest version of each post stays.
public final class SearchSink: RemoteSink {
    /// The newest version of each post is kept.
    public let kind = SinkKind.upsert
    /// The index's UUID, or its URL and name where nothing but `_bulk` may be asked.
    public let identity: String
    /// As many as fit are sent.
    public let batchDocumentLimit = 5_000
    /// With their action lines, bodies of about 2 MB: larger ones are not faster (measured).
    public let batchByteLimit = 1_700_000
    private let address: SearchAddress
    private let connection: SearchConnection

    /// Makes a sink for an alias that is there.
    ///
    /// - Parameter identity: of the index behind it.
    public init(_ address: SearchAddress, _ connection: SearchConnection, identity: String) {
        self.address = address
        self.connection = connection
        self.identity = identity
    }

    /// Makes a connection of its own.
    public func makeCaller() throws -> any DocumentCaller {
        BulkCaller(try SearchClient(address, connection), alias: address.alias)
    }
}

/// Sends `_bulk` requests over one connection.
final class BulkCaller: DocumentCaller {
    private let client: SearchClient
    private let alias: String
    private var body: BulkBody

    /// Small replies: nothing but what an outcome needs.
    private static let path = "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"

    init(_ client: SearchClient, alias: String) {
        self.client = client
        self.alias = alias
        body = BulkBody(alias: alias)
    }

    func call(_ batch: DocumentBatch, _ documents: [Int32]) -> CallResult {
        body.fill(batch, documents)
        do {
            let reply = try client.send("POST", BulkCaller.path, body: body.bytes, contentType: "application/x-ndjson")
            return result(of: reply, count: documents.count)
        } catch {
            // What nobody but an operator can cure; everything else may pass.
            switch error.code {
            case .untrusted, .notResolved, .invalidRequest: return .fault(reason: error.message)
            default: return .pushedBack(reason: error.message, after: nil)
            }
        }
    }

    private func result(of reply: SearchClient.Reply, count: Int) -> CallResult {
        switch reply.status {
        case 200:
            guard let bulk = BulkReply(reply.body), bulk.items.count == count else {
                return .pushedBack(reason: "the reply to a bulk request is not whole", after: nil)
            }
            return bulk.result(alias: alias)
        case 413: return .tooLarge
        case 401:
            return .fault(
                reason: "the engine does not know these credentials (\(reply.errorText)); set REPRISE_SEARCH_USERNAME and "
                    + "REPRISE_SEARCH_PASSWORD, or REPRISE_SEARCH_API_KEY"
            )
        case 403:
            return .fault(reason: "these credentials may not write to '\(alias)' (\(reply.errorText))")
        case 400, 404, 405, 406:
            return .fault(reason: "the engine refuses bulk requests with status \(reply.status): \(reply.errorText)")
        default:
            return .pushedBack(reason: "status \(reply.status): \(reply.errorText)", after: reply.retryAfter)
        }
    }
}
