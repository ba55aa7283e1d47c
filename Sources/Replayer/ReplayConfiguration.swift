public import Journal

/// What is replayed and how far.
public struct ReplayConfiguration: Sendable {
    /// The sources, or nil for all of the journal but `ledger`.
    public var sources: [SourceName]?
    /// Where each source starts; a checkpoint's positions go before it.
    public var start: ReadStart
    /// Where each source ends; `never` follows.
    public var end: ReadEnd
    /// Whether recorded lines are delivered as they are, instead of documents made of them.
    public var isRaw = false
    /// Stops after this many documents; with a checkpoint behind the record whose documents reach that, because none is divided.
    public var documentLimit: Int?
    /// Delivers a batch when it holds this many documents; nil leaves it to the sink.
    public var batchDocumentLimit: Int?
    /// Following: how often the journal is looked at when there is nothing new.
    public var pollInterval: Duration
    /// Following: a batch that is not full waits for more documents until its first record arrived so long ago.
    public var flushInterval: Duration
    /// How often what was delivered is made durable and the checkpoint saved.
    public var checkpointInterval: Duration

    /// Makes a configuration; the defaults replay everything there is now.
    public init(
        sources: [SourceName]? = nil,
        start: ReadStart = .beginning,
        end: ReadEnd = .now,
        documentLimit: Int? = nil,
        batchDocumentLimit: Int? = nil,
        pollInterval: Duration = .milliseconds(100),
        flushInterval: Duration = .zero,
        checkpointInterval: Duration = .seconds(2)
    ) {
        self.sources = sources
        self.start = start
        self.end = end
        self.documentLimit = documentLimit
        self.batchDocumentLimit = batchDocumentLimit
        self.pollInterval = pollInterval
        self.flushInterval = flushInterval
        self.checkpointInterval = checkpointInterval
    }

    /// What makes of records what is delivered: a checkpoint belongs to one.
    public var transformDigest: String { isRaw ? "recorded lines" : Replayer.transformDigest }

    /// Whether the replay goes on when everything is read.
    public var isFollowing: Bool { end == .never }
}

/// How far a replay has come, for progress lines.
public struct ReplayProgress: Sendable {
    /// Bytes of the journal that are behind it.
    public let bytesDone: Int
    /// Bytes of the range, as far as its end was known at the start; nil when following.
    public let bytesTotal: Int?
    /// The books so far.
    public let books: ReplayBooks
    /// Following: how long the oldest record has been there that is not settled, zero where all are; nil where there is an end.
    public let lag: Duration?

    /// Whether this one of two replays of one range, or of two that follow, has the longer way to go.
    public func isLessFar(than other: ReplayProgress) -> Bool {
        if let bytesTotal, let total = other.bytesTotal { return bytesTotal - bytesDone > total - other.bytesDone }
        return (lag ?? .zero) > (other.lag ?? .zero)
    }
}
