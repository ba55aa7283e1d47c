internal import Journal
internal import Sinks
internal import Synchronization
internal import Time

/// What is settled, and the checkpoint behind it.
extension Replayer {
    /// Cuts the output back to where the checkpoint stands.
    func resume(_ records: MergedRecords) throws {
        guard let checkpoint else { return }
        let change = try delivery.resume(at: checkpoint.outputLength)
        if let change { onOutputChange(change) }
        // Where the length is not known yet, it is saved before anything is written: a kill before the first checkpoint leaves no
        // document twice.
        guard change != nil || checkpoint.outputLength == nil && delivery.outputLength != nil else { return }
        try save(checkpoint, checkpoint.positions, records)
    }

    /// Continues in the file that the output's path leads to, where another program has renamed or truncated it.
    func noticeOutputChange(_ records: MergedRecords) throws {
        guard let change = try delivery.checkOutput() else { return }
        onOutputChange(change)
        // Saved before anything is written to it: a kill behind this leaves no document twice.
        if let checkpoint { try save(checkpoint, settlement.frontier, records) }
    }

    /// Takes over what became of the batches so far, and keeps what was refused before anything is settled behind it.
    func look(_ records: MergedRecords) throws {
        let progress = try delivery.progress()
        if !progress.refused.isEmpty { try deadLetters?.keep(progress.refused, of: records.sources) }
        var held: [SourceName: (offset: ByteOffset, arrival: Timestamp)] = [:]
        for (source, documents) in progress.held {
            guard let name = SourceName(rawValue: source) else { continue }
            held[name] = (ByteOffset(rawValue: documents.offset), documents.arrival)
        }
        settlement.settle(batches: progress.settledBatches, held: held)
        books.set(progress.counts)
        shared.withLock { $0 = books }
        tellProgress(records)
    }

    func settle(_ records: MergedRecords) throws {
        try look(records)
        let settled = settlement.frontier
        guard let checkpoint else { return try delivery.flush() }
        guard settled.contains(where: { checkpoint.positions[$0.key] != $0.value }) else { return }
        try save(checkpoint, settled, records)
    }

    /// Saves a checkpoint behind what is made durable here, on both sides.
    func save(
        _ checkpoint: Checkpoint,
        _ settled: [SourceName: ByteOffset],
        _ records: MergedRecords
    ) throws {
        try delivery.flush()
        try records.sync()
        try checkpoint.save(settled, sink: delivery.identity, outputLength: delivery.outputLength)
    }

    func tellProgress(_ records: MergedRecords) {
        if records.frontier.isEmpty { return }
        let (done, total) = ranges.progress(at: records.frontier)
        onProgress(ReplayProgress(bytesDone: done, bytesTotal: total, books: books, lag: lag))
    }
}
