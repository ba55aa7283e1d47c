/// When records are due: a pure function of the time and of how many came before.
struct Pace {
    /// How far a connection may fall behind before the missed records are given up as time, not made up for in a burst.
    static let backlogLimit = Duration.seconds(2)

    /// The time between two records; nil means that the next is always due.
    let interval: Duration?
    private var start: Duration
    private var count: Int64 = 0

    /// A pace that begins at that time, the first record due at once.
    init(_ rate: SimulatorConfiguration.Rate, start: Duration) {
        switch rate {
        case .perSecond(let rate): interval = .nanoseconds(Int64(1e9 / max(rate, 1e-6)))
        case .unlimited: interval = nil
        }
        self.start = start
    }

    /// The time until the next record, zero or less when it is due.
    func wait(at now: Duration) -> Duration {
        guard let interval else { return .zero }
        return start + interval * Double(count) - now
    }

    /// A record was taken.
    mutating func advance(at now: Duration) {
        count += 1
        let behind = .zero - wait(at: now)
        if behind > Self.backlogLimit { start += behind - Self.backlogLimit }
    }
}
