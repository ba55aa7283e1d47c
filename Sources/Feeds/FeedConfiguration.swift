public import AWS
public import Replayer
public import Sinks

/// One sink, and what of the journal goes into it.
public struct FeedConfiguration: Sendable {
    /// Which checkpoint the feed resumes from and advances.
    public enum CheckpointChoice: Sendable, Equatable {
        /// None: a file is replaced, an index is written from the start of the range.
        case none
        /// One named after the sink's own identity, for feeds that nobody names.
        case ofSink
        /// One that the user named.
        case named(String)
    }

    /// Where the documents go.
    public var sink: SinkAddress
    /// The journal's folder.
    public var journal: String
    /// The range, and whether the journal is followed.
    public var range: ReplayConfiguration
    /// Which checkpoint.
    public var checkpoint: CheckpointChoice
    /// Whether no other feed has a checkpoint of the same name.
    public var isAlone: Bool
    /// What happens when the sink fails.
    public var persistence: FeedPersistence
    /// How a search engine is reached.
    public var connection: SearchConnection
    /// How AWS is reached; nil where no sink is there.
    public var aws: AWSConnection?
    /// What a delivery stream gets.
    public var firehose = FirehoseOptions()
    /// What a bucket gets.
    public var s3 = S3Options()
    /// Whether a search engine's index and alias are created and checked; otherwise only `_bulk` is requested.
    public var usesSetup: Bool
    /// Whether a file gets no lines that only say that a post is gone.
    public var skipsDeletions = false
    /// Whether an embedded index is finished at the end, and closed as one file that a folder which nobody can write can serve.
    public var standsAlone = false
    /// Whether a new index of a search engine is filled and takes the alias at the end.
    public var isRebuild: Bool

    /// Makes a configuration; the defaults are a bounded replay without a checkpoint.
    public init(
        sink: SinkAddress,
        journal: String,
        range: ReplayConfiguration = ReplayConfiguration(),
        checkpoint: CheckpointChoice = .none,
        isAlone: Bool = true,
        persistence: FeedPersistence = .bounded(giveUpAfter: .seconds(300)),
        connection: SearchConnection = SearchConnection(),
        usesSetup: Bool = true,
        isRebuild: Bool = false
    ) {
        self.sink = sink
        self.journal = journal
        self.range = range
        self.checkpoint = checkpoint
        self.isAlone = isAlone
        self.persistence = persistence
        self.connection = connection
        self.usesSetup = usesSetup
        self.isRebuild = isRebuild
    }
}
