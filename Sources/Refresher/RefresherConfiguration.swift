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
    /// Fields of each post, all of the stream's own among them: sinks replace whole documents.
    public var fields = LookupRequest.defaultFields
    /// The name of the parameter that lists the fields.
    public var fieldsParameter = "tweet.fields"
    /// Tries of one question before the pass ends.
    public var tryLimit = 5
    /// The first wait after a failure; it doubles with each further one, up to a minute.
    public var firstWait = Duration.seconds(1)
    /// Monotone time, which nobody sets; the wall clock may step.
    public var steady: @Sendable () -> Duration = {
        let stopwatch = Stopwatch()
        return { stopwatch.elapsed }
    }()
    /// Lets time pass, less where a stop is requested.
    public var pause: @Sendable (Duration, ShutdownSignal) -> Void = { $1.wait(for: $0) }

    /// Makes the standard configuration.
    public init() {}
}
