internal import Compression
internal import Failures
internal import HTTPClient
internal import JSON
internal import Synchronization
internal import Transform

/// An index of Elasticsearch or OpenSearch behind its alias: the newest version of each post stays.
public final class SearchSink: RemoteSink {
    /// The newest version of each post is kept.
    public let kind = SinkKind.upsert
    /// The index's UUID, or its URL and name where nothing but `_bulk` may be asked.
    public let identity: String
    /// `elasticsearch:URL/ALIAS`.
    public var name: String { "\(address)" }
    /// As many as fit are sent.
    public let batchDocumentLimit = 5_000
    /// With their action lines, bodies of about 2 MB: larger ones are not faster (measured).
    public let batchByteLimit = 1_700_000
    private let address: SearchAddress
    private let connection: SearchConnection
    /// The index by its own name while it has no alias; nil to write through the alias.
    private let index: String?
    private let createdCount = Mutex(0)

    /// Makes a sink for an alias that is there.
    ///
    /// - Parameter identity: of the index behind it.
    public init(_ address: SearchAddress, _ connection: SearchConnection, identity: String) {
        self.address = address
        self.connection = connection
        self.identity = identity
        index = nil
    }

    /// Makes a sink for an index that is rebuilt, by its own name.
    public init(_ address: SearchAddress, _ connection: SearchConnection, rebuild: SearchRebuild) {
        self.address = address
        self.connection = connection
        identity = rebuild.identity
        index = rebuild.index
    }

    /// While an index is rebuilt: documents whose post it did not have, as far as its replies arrived.
    public var created: Int { createdCount.withLock { $0 } }

    /// Makes a connection of its own.
    public func makeCaller() throws -> any DocumentCaller {
        let client = try SearchClient(address, connection)
        let encoder = connection.usesGzip ? try BulkEncoder() : nil
        guard let index else { return BulkCaller(client, encoder, address.alias, isAlias: true) }
        return BulkCaller(client, encoder, index, isAlias: false) { [self] count in
            createdCount.withLock { $0 += count }
        }
    }
}

/// Compresses the bodies of one connection, in memory that is kept.
final class BulkEncoder {
    private var encoder: GzipEncoder
    private(set) var bytes: [UInt8] = []

    init() throws { encoder = try GzipEncoder() }

    func encode(_ body: [UInt8]) throws {
        try body.withUnsafeBytes { try encoder.encode($0, into: &bytes) }
    }
}

/// Sends `_bulk` requests over one connection.
final class BulkCaller: DocumentCaller {
    private let client: SearchClient
    private let encoder: BulkEncoder?
    private let name: String
    private let onCreated: (@Sendable (Int) -> Void)?
    private let path: String
    private var body = BulkBody()

    /// - Parameters:
    ///   - encoder: compresses the bodies; nil sends them as they are.
    ///   - onCreated: told how many documents of each call are new to the index; nil asks for smaller replies.
    init(
        _ client: SearchClient,
        _ encoder: BulkEncoder?,
        _ name: String,
        isAlias: Bool,
        onCreated: (@Sendable (Int) -> Void)? = nil
    ) {
        self.client = client
        self.encoder = encoder
        self.name = name
        self.onCreated = onCreated
        // Nothing but what an outcome needs.
        let fields = "errors,items.*.status,items.*.error.type,items.*.error.reason"
        // Without an alias of that name nothing is written then, so that a typing error makes no index.
        let required = isAlias ? "require_alias=true&" : ""
        path = "/\(name)/_bulk?\(required)filter_path=\(fields)\(onCreated == nil ? "" : ",items.*.result")"
    }

    func call(_ batch: DocumentBatch, _ documents: [Int32], _ control: CallControl) -> CallResult {
        body.fill(batch, documents)
        do {
            try encoder?.encode(body.bytes)
        } catch {
            return .failed(FailureCause(of: error), reason: "\(error)")
        }
        do {
            let reply = try client.send(
                "POST",
                path,
                body: encoder?.bytes ?? body.bytes,
                contentType: SearchClient.bulkContentType,
                isGzip: encoder != nil,
                waker: control.waker,
                isCancelled: { control.isCancelled }
            )
            return result(of: reply, batch, documents)
        } catch {
            let advice = error.code == .untrusted ? SearchClient.trustAdvice : ""
            return .failed(error.failureCause, reason: error.message + advice)
        }
    }

    private func result(of reply: SearchClient.Reply, _ batch: DocumentBatch, _ documents: [Int32]) -> CallResult {
        switch reply.status {
        case 200:
            guard let bulk = BulkReply(reply.body), bulk.isAbout(batch, documents) else {
                return .failed(.serverFault, reason: "the reply to a bulk request is incomplete")
            }
            onCreated?(bulk.items.count { $0.isCreated })
            return bulk.result(alias: name) { client.shown($0) }
        case 413: return .tooLarge
        case 401, 403:
            if let advice = client.signingAdvice {
                let reason = "the engine refuses signed requests (\(reply.errorText)); \(advice)"
                return .failed(reply.cause, reason: reason)
            }
            guard reply.status == 401 else {
                return .failed(reply.cause, reason: BulkFault.forbidden(name, reply.errorText))
            }
            return .failed(
                reply.cause,
                reason:
                    "the engine does not know these credentials (\(reply.errorText)); set REPRISE_SEARCH_USERNAME and "
                    + "REPRISE_SEARCH_PASSWORD, or REPRISE_SEARCH_API_KEY, and check that they are valid there"
            )
        default:
            let text = "status \(reply.status): \(reply.errorText)"
            return reply.cause.kind == .retry
                ? .failed(reply.cause, reason: text, after: reply.retryAfter)
                : .failed(reply.cause, reason: "the engine refuses bulk requests with \(text)")
        }
    }
}
