import Foundation
import Journal
import Lifecycle
import Sinks
import TestSupport
import Time
import Transform

@testable import Replayer

extension JournalWriter {
    func append(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try append($0) }
    }
}

func post(_ id: Int, likes: Int = 0, tag: String = "cats with images") -> String {
    "{\"data\":{\"id\":\"\(id)\",\"text\":\"post \(id)\",\"public_metrics\":{\"retweet_count\":0,\"reply_count\":0,"
        + "\"like_count\":\(likes),\"quote_count\":0}},\"matching_rules\":[{\"id\":\"1\",\"tag\":\"\(tag)\"}]}\r\n"
}

/// A replay from start to end; gives its books.
@discardableResult
func replay(
    _ journal: String,
    into sink: any Sink,
    _ configuration: ReplayConfiguration = .init(),
    checkpoint: Checkpoint? = nil
) throws -> ReplayBooks {
    let replayer = Replayer(
        journal: try Journal(directory: journal),
        configuration: configuration,
        sink: sink,
        checkpoint: checkpoint
    )
    try replayer.run(ShutdownSignal())
    return replayer.currentBooks
}

/// A sink in memory that can be told to fail.
final class MemorySink: Sink {
    let kind = SinkKind.append
    let identity = "memory"
    var documents: [String] = []
    var flushed = 0
    var failuresLeft = 0

    struct Down: Error {}

    func deliver(_ batch: DocumentBatch) throws -> DeliveryCounts {
        if failuresLeft > 0 {
            failuresLeft -= 1
            throw Down()
        }
        documents += batch.documents.map { batch.json(of: $0) }
        return DeliveryCounts(accepted: batch.documents.count)
    }

    func flush() throws { flushed = documents.count }
    func close() throws {}
}
