import Files
import Foundation
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Journal
@testable import Replayer
@testable import Sinks

/// The real replay into an NDJSON file with a checkpoint, on a simulated disk: whatever fails, and whenever the process or the power
/// goes, the next start leaves every document in the file, once and in order.
@Suite struct SinkPowerCutTests {
    /// REPRISE_TEST_SCHEDULES sets how many.
    private var count: Int {
        ProcessInfo.processInfo.environment["REPRISE_TEST_SCHEDULES"].flatMap(Int.init) ?? 25
    }

    @Test func everyCallThatFailsOnceCostsNoDocumentAndDoublesNone() throws {
        let trial = try Trial(SeededRandom())
        var failed = 0
        for place in 1...10_000 {
            let disk = trial.disk()
            disk.failingChange = place
            do { try trial.replay(on: disk) } catch { failed += 1 }
            guard disk.changes >= place else { break }
            disk.failingChange = nil
            disk.forgetLocks()
            try trial.replay(on: disk)
            #expect(try trial.lines(disk) == trial.reference, "the change \(place) failed")
        }
        // Nearly all of them end the replay; a few are not needed.
        #expect(failed > 8)
    }

    @Test func killsAndPowerCutsAtAnyCallCostNoDocumentAndDoubleNone() throws {
        var seeds = SeededRandom()
        let named = seeds.seed
        for number in 0..<count {
            let seed = number == 0 ? named : seeds.next()
            var random = SeededRandom(seed: seed)
            let trial = try Trial(random)
            var disk = trial.disk()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                disk = try trial.interrupt(disk, &random)
            }
            try trial.replay(on: disk)
            let (lines, ids) = (try trial.lines(disk), try trial.ids(disk))
            #expect(lines == trial.reference, "REPRISE_TEST_SEED=\(seed): \(ids)")
        }
    }

    /// What is taken back of a failed write must not fill with zeros what another program has just cut off.
    @Test func aFileThatIsCutWhileAWriteFailsGetsNoHole() throws {
        let trial = try Trial(SeededRandom())
        for place in 1...200 {
            let disk = trial.disk()
            disk.failingChange = place
            disk.beforeChange = { _ in
                guard disk.changes == place, let file = disk.state.names["/out.ndjson"] else { return }
                disk.state.files[file].apply(.resize(0))
            }
            try? trial.replay(on: disk)
            guard disk.changes >= place else { break }
            let file = try #require(disk.state.names["/out.ndjson"] ?? (place < 20 ? -1 : nil))
            if file >= 0 { #expect(!disk.state.files[file].content.contains(0), "the change \(place)") }
        }
    }

    /// A disk that forgets syncs must be found out, or the others prove nothing.
    @Test func aDiskThatForgetsSyncsIsFoundOut() throws {
        let isFound = try (UInt64(1)...400).contains { seed in
            var random = SeededRandom(seed: seed)
            let trial = try Trial(random)
            let disk = trial.disk()
            disk.faults = .init(ignored: 90)
            let cut = try trial.interrupt(disk, &random, isCut: true)
            do { try trial.replay(on: cut) } catch { return true }
            return try trial.lines(cut) != trial.reference
        }
        #expect(isFound)
    }

    /// One journal, and the replay of it.
    private struct Trial {
        private(set) var reference: [String] = []
        private let prepared: DiskState
        private let seed: UInt64
        private let batchLimit: Int
        private let interval: Duration
        private static let geometry = TailGeometry(slotCount: 4, slotSize: 4_096)
        private static let file = "/out.ndjson"

        init(_ random: SeededRandom) throws {
            var random = random
            seed = random.next()
            batchLimit = Int.random(in: 1...6, using: &random)
            interval = [.zero, .seconds(60)].randomElement(using: &random) ?? .zero
            let disk = SimulatedDisk(DiskState(), SeededRandom(seed: seed))
            let posts = Int.random(in: 5...25, using: &random)
            try Trial.record((1...posts).map { post($0) }, on: disk)
            disk.state.settle()
            prepared = disk.state
            let whole = SimulatedDisk(prepared, SeededRandom(seed: seed))
            try replay(on: whole)
            let lines = try self.lines(whole)
            guard lines.count == posts else { throw Wrong(description: "\(lines.count) lines of \(posts) posts") }
            reference = lines
        }

        struct Wrong: Error, CustomStringConvertible { let description: String }

        func disk() -> SimulatedDisk { SimulatedDisk(prepared, SeededRandom(seed: seed)) }

        /// Replays until something ends it, which is killed or loses power at one of its changes; what is left.
        func interrupt(
            _ disk: SimulatedDisk,
            _ random: inout SeededRandom,
            isCut: Bool? = nil
        ) throws -> SimulatedDisk {
            var states: [DiskState] = []
            disk.beforeChange = { states.append($0) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                disk.failingChange = Int.random(in: 1...60, using: &random)
            }
            do { try replay(on: disk) } catch { disk.failingChange = nil }
            disk.noteDatabases()
            states.append(disk.state)
            guard var left = states.randomElement(using: &random) else { return disk }
            if isCut ?? Bool.random(using: &random) { left.cutPower(&random) }
            return SimulatedDisk(left, SeededRandom(seed: random.next()))
        }

        func replay(on disk: SimulatedDisk) throws {
            let journal = try Journal(directory: "/journal", disk: disk, geometry: Trial.geometry)
            let sink = try NDJSONSink(path: Trial.file, resuming: true, disk: disk)
            let checkpoint = try Checkpoint(
                journal: journal,
                name: "a",
                sink: sink.identity,
                transform: "t",
                place: Trial.file,
                rebinding: sink.length == 0 ? .resumes : nil
            )
            let replayer = Replayer(
                journal: journal,
                configuration: ReplayConfiguration(batchDocumentLimit: batchLimit, checkpointInterval: interval),
                delivery: LocalDelivery(sink),
                checkpoint: checkpoint
            )
            try replayer.run(ShutdownSignal())
        }

        func lines(_ disk: SimulatedDisk) throws -> [String] {
            guard let file = disk.state.names[Trial.file] else { return [] }
            let text = String(decoding: disk.state.files[file].content, as: UTF8.self)
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }

        /// The posts in the file, for messages.
        func ids(_ disk: SimulatedDisk) throws -> [String] {
            try lines(disk).map { String($0.prefix { $0 != "," }) }
        }

        private static func record(_ posts: [String], on disk: SimulatedDisk) throws {
            let writer = try JournalWriter(
                SourceFolder(journal: "/journal", source: .filtered, disk: disk, geometry: geometry),
                catalog: { nil },
                configuration: .init(),
                clock: ManualClock(Timestamp(rawValue: 1_800_000_000_000_000)).clock,
                startsThreads: false
            )
            let builder = try writer.blocks.makeBuilder()
            func work() throws {
                while let (work, ticket) = writer.monitor.withLock({ $0.takeWork() }) {
                    try writer.blocks.perform(work, ticket, builder)
                }
                let unsynced = writer.monitor.withLock { $0.unsynced }
                if !unsynced.isEmpty { try writer.blockSyncs.perform(unsynced) }
            }
            for post in posts {
                try writer.append(post)
                try work()
            }
            _ = writer.beginClosing()
            try work()
            try writer.endClosing()
            disk.forgetLocks()
        }
    }
}
