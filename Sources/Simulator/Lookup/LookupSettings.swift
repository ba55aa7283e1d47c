public import Time

/// How a simulator answers lookups, and what it charges.
public struct LookupSettings: Sendable {
    /// What happens to posts and authors.
    public var fates = SimulatedFates()
    /// What goes wrong, and at which request; the first that fits counts.
    public var faults: [LookupFault] = []
    /// Whether asking for a version that was edited gives the newest one, under its own id; X's pages contradict each other,
    /// and by default the version asked for comes.
    public var answersWithNewestVersion = false
    /// Ids that are in neither array of an answer, in a thousand (default 0); another answer has others.
    public var omittedPerMille = 0
    /// Ids that an answer calls resource-unavailable, in a thousand (default 0); another answer has others.
    public var unavailablePerMille = 0
    /// Requests in 15 minutes (default 3500, as X has it); refused beyond where limits are enforced.
    public var requestLimit = publishedRequestLimit
    /// Whether a post is charged for once per UTC day, else each time it is returned (default true).
    public var deduplicatesCharges = true
    /// Whether posts in `includes` are charged for too, which X does not say (default false).
    public var chargesForIncludes = false
    /// Posts charged for until the credits are gone and lookups and new streams are answered with 402 (default nil: never).
    ///
    /// The answer that reaches it is still sent whole.
    public var spendCap: Int?
    /// Posts that a simulator before this one streamed (default nil: none is known).
    public var past: (any PastPosts)?
    /// From when on things happen to authors (default nil: since the first post, or the start).
    public var began: Timestamp?
    /// Whether the usage answer has integers, as in version 2.166, rather than strings (default false).
    public var writesUsageAsIntegers = false

    static let publishedRequestLimit = 3_500

    /// Makes settings of defaults.
    public init() {}
}
