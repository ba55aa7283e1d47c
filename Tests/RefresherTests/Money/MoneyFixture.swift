import Foundation
import HTTPClient
import Journal
import Lifecycle
import Logging
import Simulator
import Synchronization
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// A journal, a simulator that bills, and two clocks: X's, which the test moves, and ours, which is off by some time.
final class MoneyFixture {
    /// Noon of the 29th: days and a month end while a test runs.
    static let start = Timestamp(rawValue: 1_767_225_600_000_000 + 28 * 86_400_000_000 + 43_200_000_000)
    static let dayLength: Int64 = 86_400_000_000

    let folder: TemporaryFolder
    let xClock: ManualClock
    let simulator: Simulator
    let log = MemoryLogSink()
    /// Posts that a connection streams.
    let batch: Int
    private let offset = Offset()
    /// What streams were billed, by day.
    private(set) var streamBilled: [Int: Int] = [:]

    private final class Offset: Sendable {
        let value = Mutex(Duration.zero)
    }

    init(
        batch: Int,
        start: Timestamp = MoneyFixture.start,
        _ change: (inout SimulatorConfiguration, inout LookupSettings) -> Void = { _, _ in }
    ) throws {
        folder = try TemporaryFolder()
        xClock = ManualClock(start)
        self.batch = batch
        var configuration = SimulatorConfiguration()
        configuration.rate = .unlimited
        configuration.faults = [SimulatedFault(connection: nil, kind: .close, position: .records(batch))]
        var settings = LookupSettings()
        settings.fates = .none
        change(&configuration, &settings)
        configuration.lookups = settings
        simulator = try Simulator(configuration, clock: xClock.clock)
    }

    deinit { simulator.stop() }

    var journal: String { folder.path + "/journal" }

    /// How far our clock is ahead of X's.
    var ahead: Duration {
        get { offset.value.withLock { $0 } }
        set { offset.value.withLock { $0 = newValue } }
    }

    var clock: WallClock {
        let (xClock, offset) = (xClock.clock, offset)
        return WallClock { xClock.now + offset.value.withLock { $0 } }
    }

    /// Today by X's clock.
    var day: Int { Int(xClock.clock.now.rawValue / MoneyFixture.dayLength) }

    /// Records a batch of posts, as a recorder would.
    func stream() throws {
        let before = try billed()
        let endpoint = try XEndpoint(simulator.url)
        let http = try HTTPClient(configuration: .init(userAgent: "test"))
        let request = StreamRequest().httpRequest(endpoint, try BearerToken("x"))
        let answer = try http.send(request, timeout: .seconds(120), bodyLimit: 64 << 20)
        try #require(answer.status == 200)
        // First: X has billed them even where our clock does not let them be recorded.
        for (day, count) in try billed() { streamBilled[day, default: 0] += count - (before[day] ?? 0) }
        let writer = try JournalWriter(directory: journal, source: .filtered, clock: clock)
        try answer.body.withUnsafeBytes { try writer.append($0) }
        try writer.close()
    }

    func refresher(
        _ budgets: [String],
        timeout: Duration = .seconds(60),
        access: JournalAccess? = nil,
        spentInRun: Int = 0,
        _ change: (inout RefresherConfiguration) -> Void = { _ in }
    ) throws -> Refresher {
        var configuration = RefresherConfiguration()
        configuration.schedule.includesReposts = true
        configuration.budgets = try budgets.map { try Budget(parsing: $0) }
        let xClock = xClock
        // Waits are as long as they are, but only for the clocks.
        configuration.pause = { duration, _ in xClock.advance(by: duration) }
        configuration.steady = { xClock.clock.now - MoneyFixture.start }
        change(&configuration)
        let client = XAPIClient(
            endpoint: try XEndpoint(simulator.url),
            token: try BearerToken("x"),
            http: try HTTPClient(configuration: .init(userAgent: "test")),
            timeout: timeout,
            clock: clock,
            monotonic: MonotonicClock { MonotonicTime(sinceStart: xClock.clock.now - MoneyFixture.start) }
        )
        return try Refresher(
            access ?? JournalAccess(journal),
            client: client,
            configuration: configuration,
            clock: clock,
            logger: Logger(label: "refresher", level: .notice, sink: log),
            seed: 1,
            spentInRun: spentInRun
        )
    }

    /// Makes one pass with a refresher of its own.
    @discardableResult
    func pass(_ budgets: [String], _ change: (inout RefresherConfiguration) -> Void = { _ in }) throws -> RefreshReport
    {
        let refresher = try refresher(budgets, change)
        let report = try refresher.pass(ShutdownSignal())
        try refresher.close()
        return report
    }

    /// All that X billed, by day.
    private func billed() throws -> [Int: Int] {
        var days: [Int: Int] = [:]
        for day in try #require(simulator.usage).days {
            days[Int(day.start.rawValue / MoneyFixture.dayLength), default: 0] += day.billedCount
        }
        return days
    }

    /// What X billed for lookups, by day.
    func lookedUpBilled() throws -> [Int: Int] {
        try billed().reduce(into: [:]) { $0[$1.key] = $1.value - (streamBilled[$1.key] ?? 0) }
    }

    /// What the ledger says by day, read by means that share no code with it.
    func ledger() throws -> [Int: Int] {
        var bytes: [UInt8] = []
        let journal = try Journal(directory: journal)
        guard try journal.endOffset(of: .ledger) > .zero else { return [:] }
        _ = try RecordCopy.records(of: journal, source: .ledger) { bytes += $0 }
        // A number is new only within a process, for the clock may stand: what settles is the line behind what reserves.
        var entries: [(number: Int, day: Int, posts: Int)] = []
        for line in bytes.split(separator: 10) {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            guard let posts = object["posts"] as? Int, let day = object["day"] as? Int else { continue }
            if let number = object["reserved"] as? Int {
                entries.append((number, day, posts))
            } else {
                try #require(entries.last?.number == object["settled"] as? Int)
                entries[entries.count - 1].posts = posts
            }
        }
        return entries.reduce(into: [:]) { $0[$1.day, default: 0] += $1.posts }
    }
}
