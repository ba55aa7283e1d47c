public import Time

/// What a simulator charged for, day by day.
public struct SimulatedUsage: Equatable, Sendable {
    /// One UTC day.
    public struct Day: Equatable, Sendable {
        /// Its first moment.
        public let start: Timestamp
        /// Posts that streams and lookups returned, each as often as it was.
        public var returnedCount = 0
        /// Different posts among them.
        public var distinctCount = 0
        /// Posts charged for: the different ones, or all where charges are not deduplicated.
        public var billedCount = 0

        /// The date as X writes it: 2026-01-01.
        var date: Substring { start.rfc3339.prefix(10) }
    }

    /// The days on which something was returned, oldest first.
    public var days: [Day] = []

    /// Posts charged for in all.
    public var billedCount: Int { days.reduce(0) { $0 + $1.billedCount } }
    /// Post-days: a post counts once for each day on which it was returned.
    public var distinctCount: Int { days.reduce(0) { $0 + $1.distinctCount } }
    /// Posts returned in all.
    public var returnedCount: Int { days.reduce(0) { $0 + $1.returnedCount } }
}
