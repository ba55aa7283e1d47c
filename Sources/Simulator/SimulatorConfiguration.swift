public import Time

/// What a simulator is told when it is made.
public struct SimulatorConfiguration: Sendable {
    /// Where the posts come from.
    public enum Posts: Sendable {
        /// Made up from a seed: the same seed, start and rate give the same bytes.
        ///
        /// `start` is the time of the first post, and each further one lies a post's interval later (4 ms at full speed);
        /// nil takes the present time for each.
        case generated(seed: UInt64, start: Timestamp?)
        /// The lines of a file, played so many times; nil means for ever.
        case file(String, rounds: Int?)
    }

    /// How fast the posts come.
    public enum Rate: Equatable, Sendable {
        /// So many a second, more than zero.
        case perSecond(Double)
        /// As fast as the client reads.
        case unlimited
    }

    /// The address to listen on (default 127.0.0.1).
    public var host = "127.0.0.1"
    /// The port to listen on, 0 for a free one (default 0).
    public var port: UInt16 = 0
    /// The bearer token clients must show; nil lets everyone in (default nil).
    public var token: String?
    /// The rules in force at the start, the four of `SimulatedRule.catsAndDogs` unless told otherwise.
    public var rules = SimulatedRule.catsAndDogs
    /// Where the posts come from (default: generated, seed 1, from 2026-01-01 on).
    public var posts = Posts.generated(seed: 1, start: SimulatorConfiguration.defaultStart)
    /// How fast the posts come (default 10 a second).
    public var rate = Rate.perSecond(10)
    /// Whether each record is a chunk of its own; else as much as fits goes into one, records cut anywhere (default: paced
    /// streams only).
    public var sendsRecordsSingly: Bool?
    /// Whether a record that a connection broke off inside comes again on the next; X would lose it (default false).
    public var resendsBrokenRecords = false
    /// Whether each connection plays a file from its start, rather than going on where the last one ended (default false).
    public var restartsForEachConnection = false
    /// The silence after which a keep-alive is sent (default 20 s).
    public var keepAliveInterval = Duration.seconds(20)
    /// What goes wrong, and when.
    public var faults: [SimulatedFault] = []
    /// Streams open at a time (default 1); the next is refused with TooManyConnections.
    public var connectionCount = 1
    /// Whether X's limits of requests per 15 minutes are enforced, or only announced (default false).
    public var enforcesRateLimits = false
    /// How far off `x-rate-limit-reset` is where a fault refuses with 429 (default 60 s).
    public var refusalDelay = Duration.seconds(60)
    /// Whether answers carry `Date` (default true); a client would take a clock that runs faster for a wrong one.
    public var tellsTime = true
    /// Which of X's two spellings the posts use (default: the one streams have used all along).
    public var spelling = FieldSpelling.tweet
    /// Lookups and usage, and what becomes of posts; nil answers neither and remembers no post (default nil).
    ///
    /// With them the posts carry counts that grow and some are edited, so a seed gives other bytes than without; each post
    /// takes about 60 bytes of memory, and 16 more on its day. Lookups need generated posts.
    public var lookups: LookupSettings?
    /// A folder for `connection-1.bytes` and so on: each the exact bytes of a stream's body that were handed to the kernel.
    public var sentLog: String?

    /// The time of a seed's first post unless told otherwise: 2026-01-01T00:00:00Z.
    public static let defaultStart = Timestamp(microseconds: 1_767_225_600_000_000)

    /// Makes a configuration of defaults.
    public init() {}

    var isSingly: Bool { sendsRecordsSingly ?? (rate != .unlimited) }
}
