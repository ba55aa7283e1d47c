public import Replayer
public import Sinks

/// How a feed ended, or how far it has come.
public struct FeedOutcome: Sendable {
    /// What became of its records and documents.
    public var books = ReplayBooks()
    /// How long it has run.
    public var elapsed = Duration.zero
    /// Following: the age of the oldest record that is not settled.
    public var lag: Duration?
    /// Whether it was stopped before the end of the range.
    public var isStopped = false
    /// What a rebuild made.
    public var rebuilt: SearchRebuildResult?
    /// What a delivery to Firehose came to; nil for other sinks.
    public var firehose: FirehoseTotals?
    /// What a delivery to S3 came to; nil for other sinks.
    public var s3: S3Totals?
    /// What ended it, where that was a failure.
    public var error: (any Error)?
    /// Whether everything it was to replay was settled, whatever came then.
    public var isSettled = false

    /// Makes the outcome of a feed that has not begun.
    public init() {}
}
