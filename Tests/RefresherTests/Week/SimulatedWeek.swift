import Foundation
import HTTPClient
import Journal
import Lifecycle
import Recorder
import Replayer
import Simulator
import Sinks
import TestSupport
import Testing
import Time
import XAPI

@testable import Refresher

/// A simulator, a recorder and a refresher on one clock that stands still while one of them works.
///
/// Simulated: X (posts, fates, likes, lookups) and the time. Real: HTTP, the recorder, the journal, the refresher, the replayer.
final class SimulatedWeek {
    static let start = SimulatorConfiguration.defaultStart
    /// How often cron starts a pass.
    static let interval = Duration.seconds(900)

    let folder: TemporaryFolder
    let clock = ManualClock(start)
    let simulator: Simulator
    let batchSize: Int
    private let spelling: FieldSpelling
    var schedule = RefreshSchedule()
    private(set) var reports: [RefreshReport] = []

    var journal: String { folder.path + "/journal" }
    var now: Timestamp { clock.clock.now }
    var truth: SimulatedTruth { get throws { try #require(simulator.truth) } }

    /// - Parameter batchSize: posts that the stream shows at a time.
    init(
        batchSize: Int,
        seed: UInt64,
        rules: [SimulatedRule] = SimulatedRule.catsAndDogs,
        spelling: FieldSpelling = .tweet,
        _ change: (inout LookupSettings) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        self.spelling = spelling
        self.batchSize = batchSize
        var settings = LookupSettings()
        // More harm than usual, so that a few posts come to every kind of it.
        settings.fates.deletedPerMille = 80
        settings.fates.withheldPerMille = 40
        settings.fates.editedPerMille = 80
        settings.fates.protectedAuthorsPerMille = 120
        settings.fates.suspendedAuthorsPerMille = 120
        settings.omittedPerMille = 10
        settings.unavailablePerMille = 10
        change(&settings)
        var configuration = SimulatorConfiguration()
        configuration.posts = .generated(seed: seed, start: nil)
        configuration.rate = .unlimited
        configuration.faults = [SimulatedFault(connection: nil, kind: .close, position: .records(batchSize))]
        configuration.lookups = settings
        configuration.rules = rules
        configuration.spelling = spelling
        simulator = try Simulator(configuration, clock: clock.clock)
    }

    deinit { simulator.stop() }

    /// Records the next posts, all of this moment.
    func stream() throws {
        let configuration = try RecorderConfiguration(
            endpoint: XEndpoint(simulator.url),
            token: BearerToken("canary-week"),
            http: .init(userAgent: "tester/1")
        )
        var once = configuration
        once.recordsOnce = true
        let writer = try JournalWriter(directory: journal, source: .filtered, clock: clock.clock)
        try Recorder(once, sink: writer, clock: clock.clock).run(ShutdownSignal())
        #expect(writer.counts.records == batchSize)
    }

    /// What cron starts: a process's worth of refresher, and one pass.
    ///
    /// - Parameter change: sets what is else as it is by default.
    @discardableResult
    func pass(_ change: (inout RefresherConfiguration) -> Void = { _ in }) throws -> RefreshReport {
        var configuration = RefresherConfiguration()
        change(&configuration)
        configuration.schedule = schedule
        let clock = clock
        configuration.steady = { clock.clock.now - SimulatedWeek.start }
        configuration.fieldsParameter = spelling == .tweet ? .tweet : .post
        let client = XAPIClient(
            endpoint: try XEndpoint(simulator.url),
            token: try BearerToken("canary-week"),
            http: try HTTPClient(configuration: .init(userAgent: "tester/1"))
        )
        let refresher = try Refresher(
            journal: journal,
            client: client,
            configuration: configuration,
            clock: clock.clock,
            seed: 1
        )
        let report = try refresher.pass(ShutdownSignal())
        try refresher.close()
        #expect(report.ending == (configuration.readLimit == nil ? .done : report.ending))
        reports.append(report)
        return report
    }

    /// When the next post is due; nil where none ever is again.
    func nextDue() throws -> Timestamp? {
        let due = try rows(journal + "/posts.sqlite", "SELECT min(due) FROM posts").first.flatMap { Int64($0) }
        return due.map { Timestamp(rawValue: $0) }
    }

    /// Streams so many batches over a week, and makes a pass whenever one is due, until the schedule has run out.
    ///
    /// - Parameter each: called after each pass, with its number.
    func run(batches: Int, each: (Int) throws -> Void = { _ in }) throws {
        let pause = Duration.seconds(7 * 86_400 / batches / 900 * 900)
        var streamed = 0
        // Every post costs a few passes at most; the bound is against an endless week.
        for number in 0..<(batches * 40) {
            let nextBatch = streamed < batches ? Self.start + pause * streamed : nil
            let nextPass = try streamed == 0 ? nil : nextDue().map(Self.onGrid)
            guard let time = [nextBatch, nextPass].compactMap({ $0 }).min() else { return }
            clock.set(max(time, now))
            if time == nextBatch {
                try stream()
                streamed += 1
            }
            try pass()
            try each(number)
            // What an answer said nothing of is still due; cron comes again a quarter of an hour later.
            if let due = try nextDue(), due <= now { clock.advance(by: Self.interval) }
        }
        Issue.record(
            "the schedule has not run out after \(batches * 40) passes: next at \(try nextDue()?.rfc3339 ?? "never")"
        )
    }

    /// The first pass of cron that is not before a time.
    static func onGrid(_ time: Timestamp) -> Timestamp {
        let (step, since) = (interval.microseconds, (time - start).microseconds)
        return start + .microseconds((since + step - 1) / step * step)
    }

    /// The simulator's time at which something arrived: the clock stood still, only the journal keeps arrivals apart.
    static func moment(of arrival: Timestamp) -> Timestamp {
        let step = interval.microseconds
        return start + .microseconds((arrival - start).microseconds / step * step)
    }

    /// Delivers what the journal has to an index, on from where it had settled.
    func deliver(to path: String, checkpoint name: String? = nil, sources: [SourceName]? = nil) throws {
        let sink = try SQLiteSink(path: path, transformDigest: Replayer.transformDigest)
        try replay(LocalDelivery(sink), sink.identity, checkpoint: name, sources)
    }

    func replay(
        _ delivery: any Delivery,
        _ identity: String,
        checkpoint name: String?,
        _ sources: [SourceName]? = nil,
        from start: ReadStart = .beginning
    ) throws {
        let journal = try Journal(directory: journal)
        let checkpoint = try name.map {
            try Checkpoint(journal: journal, name: $0, sink: identity, transform: Replayer.transformDigest)
        }
        let replayer = Replayer(
            journal: journal,
            configuration: ReplayConfiguration(sources: sources, start: start),
            delivery: delivery,
            checkpoint: checkpoint
        )
        try replayer.run(ShutdownSignal())
        #expect(replayer.currentBooks.isComplete, "\(replayer.currentBooks)")
    }
}
