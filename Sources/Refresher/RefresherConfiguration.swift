public import Lifecycle
internal import Time
public import XAPI

/// What a refresher is told when it is made.
public struct RefresherConfiguration: Sendable {
    /// When posts are due.
    public var schedule = RefreshSchedule()
    /// What may be spent; all of them hold.
    ///
    /// Empty: nothing is limited, and nothing is written down.
    public var budgets: [Budget] = []
    /// What X bills for one post.
    public var price = PostPrice.published
    /// Reads in one pass, the free ones too; nil for all that is due.
    public var readLimit: Int?
    /// Whether X bills a post once a day.
    public var billing = BillingDay.Rule.utcDay
    /// Fields of each post: those of the stream that may have changed, because sinks replace whole documents.
    public var fields = FieldsParameter.post.lookupFields(LookupRequest.defaultFields)
    /// Objects to be sent along in `includes`; X may bill them, and budgets do not count them.
    public var expansions: [String] = []
    /// The parameter that lists the fields.
    public var fieldsParameter = FieldsParameter.post
    /// How much X may call gone before it is doubted.
    public var deletionLimit = DeletionLimit()
    /// Whether the first pass believes whatever X calls gone.
    public var acceptsDeletions = false
    /// Whether another server's name than the journal's stands for the same X.
    public var acceptsServer = false
    /// Tries of one question before the pass ends.
    public var tryLimit = 5
    /// The first wait after a failure; it doubles with each further one, up to a minute.
    public var firstWait = Duration.seconds(1)
    /// Carries X's time on: a clock that never steps, and that runs on while the machine sleeps, as X's does.
    public var steady: @Sendable () -> Duration = {
        let stopwatch = Stopwatch()
        return { stopwatch.elapsed }
    }()
    /// Waits for a duration by the client's monotonic clock, and no longer than until a stop is requested.
    public var pause: @Sendable (Duration, ShutdownSignal) -> Void = { $1.wait(for: $0) }

    /// Makes the standard configuration.
    public init() {}
}
