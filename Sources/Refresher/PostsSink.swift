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
            try file.reckonAsKept()
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
            if document.isSuperseded {
                state.supersede(at: document.observedAt, by: document.newestID)
            } else {
                // Withheld, it is hidden as after a lookup, and looked up again as any other that is.
                if let hidden = document.hidden { sight(&state, at: document.observedAt, hidden, batch) }
                state.miss(at: document.observedAt)
            }
        case .stream:
            sight(&state, at: document.observedAt, document, batch)
            if let likes = document.likes { state.observe(.init(time: document.observedAt, likes: likes)) }
        case .lookup:
            // What an edited post's newest version goes by, where no stream has shown that version.
            if let sighted = document.timestampMilliseconds {
                sight(&state, at: Timestamp(milliseconds: sighted), document, batch)
            }
            // A read without counts is a read all the same; else the post would be due for ever.
            state.observe(.init(time: document.observedAt, likes: document.likes ?? 0))
        }
        if state != before { try file.put(state, insteadOf: before) }
    }

    private func sight(_ state: inout PostState, at time: Timestamp, _ document: Document, _ batch: DocumentBatch) {
        let shown = ShownPost(
            categories: document.categories,
            hasCategory: document.category != nil,
            authorID: document.authorID,
            postKind: document.postKind,
            repostedID: document.repostedID
        )
        sight(&state, at: time, shown, batch)
    }

    private func sight(_ state: inout PostState, at time: Timestamp, _ shown: ShownPost, _ batch: DocumentBatch) {
        let isRepost = shown.postKind == .repost
        state.sight(at: time, rules: rules(of: shown, batch), isRepost: isRepost, of: shown.repostedID)
        state.describe(author: shown.authorID.map { Array(batch.bytes($0)) }, kind: shown.postKind)
    }

    /// The tags of the rules by which a post was seen, null in front where the first of them has none.
    private func rules(of shown: ShownPost, _ batch: DocumentBatch) -> [UInt8] {
        guard let tags = shown.categories else { return Array("[]".utf8) }
        let array = Array(batch.bytes(tags))
        return shown.hasCategory ? array : Array("[null,".utf8) + array.dropFirst()
    }

    /// Makes what was taken in durable.
    public func flush() throws { try file.connection.synchronize() }

    /// The file stays open.
    public func close() throws { try flush() }
}
