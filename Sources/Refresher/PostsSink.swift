internal import SQLite
public import Sinks
internal import Time
public import Transform

/// Fills `posts.sqlite` by following the journal, as any other sink is filled.
public final class PostsSink: Sink {
    /// The newest of each post is kept.
    public let kind = SinkKind.upsert
    /// The file's own identity.
    public let identity: String
    private let file: PostsFile

    /// Makes a sink of an open file, which stays its owner's.
    public init(_ file: PostsFile) {
        self.file = file
        identity = "posts:\(file.identity)"
    }

    /// Takes what a batch says of its posts in, in one transaction.
    public func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        try file.connection.transaction {
            for document in batch.documents { try take(document, batch) }
        }
        return DeliveryCounts(accepted: batch.documents.count)
    }

    private func take(_ document: Document, _ batch: DocumentBatch) throws {
        guard let id = UInt64(batch.string(document.tweetID)) else { return }
        var state = try file.state(of: id) ?? PostState(id: id)
        let before = state
        switch document.origin {
        case .tombstone:
            if document.isSuperseded { state.isSuperseded = true } else { state.miss(at: document.observedAt) }
        case .stream:
            state.sight(
                at: document.observedAt,
                rules: document.categories.map { Array(batch.bytes($0)) } ?? Array("[]".utf8),
                isRepost: document.postKind == .repost
            )
            if let likes = document.likes { state.observe(.init(time: document.observedAt, likes: likes)) }
        case .lookup:
            if let likes = document.likes { state.observe(.init(time: document.observedAt, likes: likes)) }
        }
        if state != before { try file.put(state) }
    }

    /// Makes what was taken in durable.
    public func flush() throws { try file.connection.synchronize() }

    /// The file stays open.
    public func close() throws { try flush() }
}
