import Foundation
import HTTPClient
import Journal
import Lifecycle
import Logging
import Recorder
import Simulator
import TestSupport
import Testing
import Time
import XAPI

/// What X bills for a stream stays within what was allowed and what one chunk may hold, wherever its connections are cut.
@Suite(.timeLimit(.minutes(60)))
struct StreamBillTests {
    /// REPRISE_TEST_BILL_CUTS: how many cuts, or `all`.
    @Test func theBillStaysWithinTheBudgetAndOneChunkWhereverConnectionsAreCut() throws {
        var random = SeededRandom()
        let wanted = ProcessInfo.processInfo.environment["REPRISE_TEST_BILL_CUTS"] ?? ""
        // Two posts and more.
        let all = Array(1...2_400)
        let cuts = wanted == "all" ? all : Array(all.shuffled(using: &random).prefix(Int(wanted) ?? 15))
        var (billed, fragments) = (0, 0)
        for cut in cuts {
            let result = try bill(cut: cut, &random)
            billed += result.billed
            fragments += result.fragments
        }
        #expect(billed >= cuts.count && fragments > 0, "\(random): nothing happened")
    }

    /// One recorder after another under a budget for the day, on a journal that is all they know of each other.
    private func bill(cut: Int, _ random: inout SeededRandom) throws -> (billed: Int, fragments: Int) {
        let allowed = Int.random(in: 1...6, using: &random)
        let text = Self.spelling(allowed, &random)
        var configuration = SimulatorConfiguration()
        configuration.posts = .generated(seed: random.next(), start: SimulatorConfiguration.defaultStart)
        configuration.rate = .unlimited
        let kind: SimulatedFault.Kind = Bool.random(using: &random) ? .cut : .close
        configuration.faults = [SimulatedFault(connection: nil, kind: kind, position: .bytes(cut))]
        configuration.lookups = LookupSettings()
        let simulator = try Simulator(configuration)
        defer { simulator.stop() }
        let folder = try TemporaryFolder()
        let runs = Int.random(in: 1...2, using: &random)
        var place = "\(random), cut at \(cut), \(kind), budget \(text), allowed \(allowed)"
        for run in 1...runs {
            // The first run has a part of the budget alone.
            let budget =
                run < runs
                ? Budget(amount: .posts(Int.random(in: 0...allowed, using: &random)), period: .day)
                : try Budget(parsing: text)
            try record(simulator, folder.path, budget)
            place += ", \(try #require(simulator.usage).billedCount) billed after \(budget)"
        }
        let billed = try #require(simulator.usage).billedCount
        // The posts of the last connection came in one chunk; none is shorter than 300 bytes.
        #expect(billed <= allowed + cut / 300, "\(place)")
        #expect(billed >= allowed, "\(place): nothing else ends it")
        var fragments = 0
        let reader = try RecordReader(journal: Journal(directory: folder.path), source: .filtered)
        while let batch = try reader.nextBatch() { fragments += batch.records.count { $0.kind == .torn } }
        return (billed, fragments)
    }

    private func record(_ simulator: Simulator, _ directory: String, _ budget: Budget) throws {
        var configuration = RecorderConfiguration(
            endpoint: try XEndpoint(simulator.url),
            token: try BearerToken("x"),
            http: .init(userAgent: "tester/1")
        )
        configuration.reconnect.timeScale = 0.000_01
        let writer = try JournalWriter(directory: directory, source: .filtered)
        let now = WallClock.system.now
        let limit = try #require(budget.posts(at: .published))
        let already = try BilledPosts.count(in: Journal(directory: directory), since: now.startOfDay, upTo: limit)
        let guarded = BudgetGuard(budget, price: .published, now: now, alreadySpent: already)
        try Recorder(configuration, sink: writer, budget: guarded).run(ShutdownSignal())
    }

    /// A budget for so many posts a day, in dollars or posts.
    private static func spelling(_ posts: Int, _ random: inout SeededRandom) -> String {
        let money = posts * 5_000 + Int.random(in: 0..<5_000, using: &random)
        let decimals = String(String(money + 1_000_000).dropFirst())
        return Bool.random(using: &random) ? "\(posts)/day" : "$0.\(decimals)/day"
    }

    private func budget(_ posts: Int, already: Int = 0) -> BudgetGuard {
        BudgetGuard(
            Budget(amount: .posts(posts), period: .day),
            price: .published,
            now: WallClock.system.now,
            alreadySpent: already
        )
    }

    @Test func aFragmentCountsAndEndsTheRecordingWhereItWasTheLastThatFits() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            connection.sendChunk("\r\n{\"data\":{\"id\":\"1\",\"te")
        }
        defer { x.server.stop() }
        let sink = MemorySink()
        let recorder = Recorder(try x.configuration(), sink: sink, budget: budget(5))
        try recorder.run(ShutdownSignal())
        #expect(x.requests.streamCount == 5 && recorder.status.budgetLeft == 0)
        #expect(sink.kinds.count { $0 == "closed" } == 5)
    }

    @Test func linesWithoutAPostDoNotCount() throws {
        let x = FakeX { _, connection in
            connection.sendStreamHead()
            for id in 0..<4 {
                for _ in 0..<20 {
                    connection.sendChunk("{\"errors\":[{\"title\":\"Forbidden\",\"resource_id\":\"\(id)\"}]}\r\n")
                }
                connection.sendChunk("{\"data\":{\"id\":\"\(id)\"}}\r\n")
            }
            connection.endStream()
        }
        defer { x.server.stop() }
        let folder = try TemporaryFolder()
        var configuration = try x.configuration()
        configuration.recordsOnce = true
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let recorder = Recorder(configuration, sink: writer, budget: budget(10))
        try recorder.run(ShutdownSignal())
        #expect(recorder.status.budgetLeft == 6 && recorder.status.counts.records == 84)
        // The next start counts the same.
        let journal = try Journal(directory: folder.path)
        let start = WallClock.system.now.startOfDay
        #expect(try BilledPosts.count(in: journal, since: start, upTo: 1_000) == 4)
        #expect(try BilledPosts.count(in: journal, since: WallClock.system.now + .seconds(60), upTo: 1_000) == 0)
    }

    /// A recorder is killed inside a post; its successor counts that post before and after the connection that ends it.
    @Test func aPostThatAKillCutCountsAtTheNextStart() throws {
        let folder = try TemporaryFolder()
        let start = WallClock.system.now.startOfDay
        func count() throws -> Int {
            try BilledPosts.count(in: Journal(directory: folder.path), since: start, upTo: 1_000)
        }
        func append(_ text: String, _ writer: JournalWriter) throws {
            try Array(text.utf8).withUnsafeBytes { try writer.append($0) }
        }
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        try writer.append(event: EventKind.opened, fields: [])
        try append("{\"data\":{\"id\":\"1\"}}\r\n\r\n{\"errors\":[]}\r\n{\"data\":{", writer)
        #expect(try count() == 2)
        try writer.append(event: EventKind.opened, fields: [])
        #expect(try count() == 2)
        try append("{\"data\":{\"id\":\"2\"}}\r\n", writer)
        try writer.close()
        #expect(try count() == 3)
    }
}
