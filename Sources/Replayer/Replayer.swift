internal import Failures
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
    let journal: Journal
    let configuration: ReplayConfiguration
    let delivery: any Delivery
    let deadLetters: DeadLetterBox?
    let checkpoint: Checkpoint?
    let onProgress: @Sendable (ReplayProgress) -> Void
    let onOutputChange: @Sendable (OutputChange) -> Void
    let clock: WallClock
    let steady: MonotonicClock
    private let transform = DefaultTransform()
    var batch: DocumentBatch
    /// Documents given to the delivery, settled or not.
    private var handedOver = 0
    /// The arrivals of the first and the last record since the last batch was handed over.
    var arrivals: (first: Timestamp, last: Timestamp)?
    var isAtEnd = false
    /// Until when the batch in hand waits for more documents; nil before its first record.
    var fillDeadline: MonotonicTime?
    /// Since when nothing new has come; nil while something does.
    var restingSince: MonotonicTime?
    var settlement = Settlement()
    let shared = Mutex(ReplayBooks())
    var books = ReplayBooks()
    /// What readers that were closed meanwhile could not read.
    private var passedUnread = UnreadBytes()
    var ranges: SourceRanges

    /// Makes a replay; nothing is read yet.
    ///
    /// - Parameters:
    ///   - delivery: where the documents go; the replay closes it.
    ///   - deadLetters: keeps documents that the sink refuses for their own fault; nil where it refuses none.
    ///   - checkpoint: where the replay goes on, and what it moves; bound to this sink and `transformDigest`.
    ///   - clock: what a follower's lag is measured by.
    ///   - steady: what all waits are measured by.
    ///   - onOutputChange: told when another program has truncated or renamed the sink's output.
    ///   - onProgress: called after each delivery, on the replay's thread.
    public init(
        journal: Journal,
        configuration: ReplayConfiguration,
        delivery: any Delivery,
        checkpoint: Checkpoint? = nil,
        deadLetters: DeadLetterBox? = nil,
        clock: WallClock = .system,
        steady: MonotonicClock = .system,
        onOutputChange: @escaping @Sendable (OutputChange) -> Void = { _ in },
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
        self.steady = steady
        self.onOutputChange = onOutputChange
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
            try resume(records)
            try replay(&records, shutdown)
        } catch {
            // What was settled before stays settled, and this error is the one to report. After a write or sync that the disk failed
            // nothing more is settled: the kernel reports such a failure once, and a second try would seem to succeed.
            if ![.storage, .diskFull].contains(FailureCause(of: error)) { try? settle(records) }
            try? delivery.close()
            throw error
        }
        try delivery.close()
    }

    private func replay(_ records: inout MergedRecords, _ shutdown: ShutdownSignal) throws {
        var known: Set<SourceName> = []
        var hangups = Hangup.count
        var nextCheckpoint = steady.now + configuration.checkpointInterval
        while !shutdown.isRequested {
            // A source that appears while following is followed from its beginning.
            let sources = try known.isEmpty || configuration.isFollowing ? ranges.sources() : Array(known)
            if Set(sources) != known {
                try deliver(records)
                passedUnread = passedUnread.adding(records.unread)
                // The clock first: what is committed meanwhile may still be read.
                let now = clock.now - Replayer.lateness
                records = MergedRecords(try sources.map { try ranges.open($0) })
                known = Set(sources)
                if delivery.gathers {
                    let ends = try records.sources.map { try ranges.wholeUntil($0, now) }
                    delivery.begin(zip(records.sources, ends).map { DeliverySource(name: $0.rawValue, end: $1) })
                }
            }
            if hangups != Hangup.count {
                // Asked to reopen files: an output that was renamed is let go of now, not with the next document.
                hangups = Hangup.count
                try noticeOutputChange(records)
            }
            let (before, now) = (books.records, clock.now)
            isAtEnd = try fill(from: records)
            let patience = timeToFill()
            if patience == nil { try deliver(records) } else { try look(records) }
            if isAtEnd, delivery.gathers, batch.isEmpty { try delivery.pass(now - Replayer.lateness) }
            if hasReachedLimit || isAtEnd && !configuration.isFollowing { break }
            if comesToRest(books.records == before) || steady.now >= nextCheckpoint {
                try settle(records)
                nextCheckpoint = steady.now + configuration.checkpointInterval
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
        defer {
            (self.books, self.arrivals) = (books, arrivals)
            noteDeadline()
        }
        let last = books.records + Replayer.batchRecordLimit
        while books.records < last && batch.documents.count < limit && batch.byteCount < byteLimit {
            guard let item = try records.next() else { return true }
            arrivals = (arrivals?.first ?? item.mark.arrival, item.mark.arrival)
            batch.source = item.source
            let leftOut = transform.leftOutCount
            let outcome = item.outcome(by: transform, isRaw: configuration.isRaw, into: batch)
            books.add(
                outcome,
                leftOut: transform.leftOutCount - leftOut,
                at: JournalPosition(source: records.sources[item.source], offset: item.mark.offset)
            )
        }
        // One record may give many documents. A checkpoint stands behind a record, so there they stay together.
        if checkpoint == nil, let documentLimit = configuration.documentLimit {
            batch.keepDocuments(upTo: documentLimit - handedOver)
        }
        return false
    }

    private static let batchRecordLimit = 20_000

    var hasReachedLimit: Bool {
        guard let limit = configuration.documentLimit else { return false }
        return handedOver + batch.documents.count >= limit
    }

    private func deliver(_ records: MergedRecords) throws {
        let hasDocuments = !batch.isEmpty
        if hasDocuments {
            try records.sync()
            try noticeOutputChange(records)
            handedOver += batch.documents.count
            batch = try delivery.deliver(batch)
        }
        settlement.add(records.frontier, arrivals, withBatch: hasDocuments)
        arrivals = nil
        fillDeadline = nil
        books.set(unread: passedUnread.adding(records.unread))
        ranges.goOn(from: records.frontier)
        try look(records)
    }
}
