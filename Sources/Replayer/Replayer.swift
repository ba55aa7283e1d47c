public import Journal
public import Lifecycle
internal import Synchronization
public import Time
public import Sinks
internal import Transform

/// Reads a range of the journal, makes documents of it and delivers them to one sink, in order.
///
/// A bounded replay of the same range gives the same documents in the same order every time. Nothing is delivered before the bytes
/// it came from are synced, and a checkpoint is saved only behind what the sink has made durable.
public final class Replayer: Service, @unchecked Sendable {
    // @unchecked: only the thread in `run` touches the sink, the transform and the batch; the books are behind a lock.

    /// For logs.
    public let name = "replayer"
    private let journal: Journal
    private let configuration: ReplayConfiguration
    private let delivery: any Delivery
    private let deadLetters: DeadLetterBox?
    private let checkpoint: Checkpoint?
    private let onProgress: @Sendable (ReplayProgress) -> Void
    private let clock: WallClock
    private let transform = DefaultTransform()
    private var batch: DocumentBatch
    /// Documents given to the delivery, settled or not.
    private var handedOver = 0
    /// The arrivals of the first and the last record since the last batch was handed over.
    private var arrivals: (first: Timestamp, last: Timestamp)?
    private var isAtEnd = false
    private var settlement = Settlement()
    private let shared = Mutex(ReplayBooks())
    private var books = ReplayBooks()
    private var ranges: SourceRanges

    /// Makes a replay; nothing is read yet.
    ///
    /// - Parameters:
    ///   - delivery: where the documents go; the replay closes it.
    ///   - deadLetters: keeps documents that the sink refuses for their own fault; nil where it refuses none.
    ///   - checkpoint: where the replay goes on, and what it moves; bound to this sink and `transformDigest`.
    ///   - clock: what a follower's lag and its flush interval are told by.
    ///   - onProgress: called after each delivery, on the replay's thread.
    public init(
        journal: Journal,
        configuration: ReplayConfiguration,
        delivery: any Delivery,
        checkpoint: Checkpoint? = nil,
        deadLetters: DeadLetterBox? = nil,
        clock: WallClock = .system,
        onProgress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
    ) {
        self.journal = journal
        self.configuration = configuration
        self.delivery = delivery
        self.deadLetters = deadLetters
        batch = DocumentBatch(byteCapacity: delivery.batchByteLimit + (256 << 10))
        self.checkpoint = checkpoint
        ranges = SourceRanges(journal, configuration, from: checkpoint?.positions ?? [:])
        self.clock = clock
        self.onProgress = onProgress
    }

    /// Makes a replay into a sink that takes a batch at once.
    public convenience init(
        journal: Journal,
        configuration: ReplayConfiguration,
        sink: any Sink,
        checkpoint: Checkpoint? = nil,
        onProgress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
    ) {
        self.init(
            journal: journal,
            configuration: configuration,
            delivery: LocalDelivery(sink),
            checkpoint: checkpoint,
            onProgress: onProgress
        )
    }

    /// What the documents are made by.
    public static var transformDigest: String { DefaultTransform.digest }

    /// What has become of the records so far; from any thread.
    public var currentBooks: ReplayBooks { shared.withLock { $0 } }

    /// Replays until the range ends, the limit is reached, or the shutdown is requested; then everything read is settled.
    ///
    /// - Throws: `JournalError`, or the sink's error; the checkpoint then stands before what is not settled.
    public func run(_ shutdown: ShutdownSignal) throws {
        var records = MergedRecords([])
        delivery.endWaits(on: shutdown)
        do {
            try replay(&records, shutdown)
        } catch {
            // What was settled before stays settled, whatever ended the replay; that error is the one to tell.
            try? settle(records)
            try? delivery.close()
            throw error
        }
        try delivery.close()
    }

    private func replay(_ records: inout MergedRecords, _ shutdown: ShutdownSignal) throws {
        var known: Set<SourceName> = []
        var sinceCheckpoint = Stopwatch()
        while !shutdown.isRequested {
            // A source that appears while following is followed from its beginning.
            let sources = try known.isEmpty || configuration.isFollowing ? ranges.sources() : Array(known)
            if Set(sources) != known {
                try deliver(records)
                records = MergedRecords(try sources.map { try ranges.open($0) })
                known = Set(sources)
            }
            isAtEnd = try fill(from: records)
            let patience = timeToFill()
            if patience == nil { try deliver(records) } else { try look(records) }
            if hasReachedLimit || isAtEnd && !configuration.isFollowing { break }
            if sinceCheckpoint.elapsed >= configuration.checkpointInterval {
                try settle(records)
                sinceCheckpoint = Stopwatch()
            }
            if isAtEnd { shutdown.wait(for: min(configuration.pollInterval, patience ?? .seconds(60))) }
        }
        try deliver(records)
        try delivery.finish()
        try settle(records)
    }

    /// Fills the batch; returns whether there is nothing more to read for now.
    private func fill(from records: MergedRecords) throws -> Bool {
        // Records without documents have an end too, so that a stop need not wait for gigabytes of them.
        records.lookAgain()
        let (batch, byteLimit) = (batch, delivery.batchByteLimit)
        var limit = min(configuration.batchDocumentLimit ?? Int.max, delivery.batchDocumentLimit)
        if let documentLimit = configuration.documentLimit { limit = min(limit, documentLimit - handedOver) }
        var (books, arrivals) = (books, arrivals)
        defer { (self.books, self.arrivals) = (books, arrivals) }
        let last = books.records + Replayer.batchRecordLimit
        while books.records < last && batch.documents.count < limit && batch.byteCount < byteLimit {
            guard let item = try records.next() else { return true }
            arrivals = (arrivals?.first ?? item.mark.arrival, item.mark.arrival)
            batch.source = item.source
            books.add(item.outcome(by: transform, into: batch))
        }
        return false
    }

    private static let batchRecordLimit = 20_000

    /// How long a batch that is not full may wait for more documents; nil where what is read goes on now.
    private func timeToFill() -> Duration? {
        guard isAtEnd, configuration.isFollowing, !hasReachedLimit, !batch.isEmpty, let arrivals else { return nil }
        let age = clock.now - arrivals.first
        // Where the clock was set back, what arrived is in its future.
        return age >= .zero && age < configuration.flushInterval ? configuration.flushInterval - age : nil
    }

    /// How long the oldest record has been there that is not settled, zero where all are.
    private var lag: Duration? {
        guard configuration.isFollowing else { return nil }
        let oldest = settlement.oldest ?? arrivals?.first ?? (isAtEnd ? nil : settlement.newest)
        return oldest.map { max(.zero, clock.now - $0) } ?? .zero
    }

    private var hasReachedLimit: Bool {
        guard let limit = configuration.documentLimit else { return false }
        return handedOver + batch.documents.count >= limit
    }

    private func deliver(_ records: MergedRecords) throws {
        let hasDocuments = !batch.isEmpty
        if hasDocuments {
            try records.sync()
            handedOver += batch.documents.count
            batch = try delivery.deliver(batch)
        }
        settlement.add(records.frontier, arrivals, withBatch: hasDocuments)
        arrivals = nil
        books.set(gaps: records.gaps)
        ranges.goOn(from: records.frontier)
        try look(records)
    }

    /// Takes over what became of the batches so far, and keeps what was refused before anything is settled behind it.
    private func look(_ records: MergedRecords) throws {
        let progress = try delivery.progress()
        if !progress.refused.isEmpty { try deadLetters?.keep(progress.refused, of: records.sources) }
        settlement.settle(batches: progress.settledBatches)
        books.set(progress.counts)
        shared.withLock { $0 = books }
        tellProgress(records)
    }

    private func settle(_ records: MergedRecords) throws {
        try delivery.flush()
        try look(records)
        let settled = settlement.frontier
        guard let checkpoint, settled.contains(where: { checkpoint.positions[$0.key] != $0.value }) else { return }
        try records.sync()
        try checkpoint.save(settled)
    }

    private func tellProgress(_ records: MergedRecords) {
        if records.frontier.isEmpty { return }
        let (done, total) = ranges.progress(at: records.frontier)
        onProgress(ReplayProgress(bytesDone: done, bytesTotal: total, books: books, lag: lag))
    }
}
