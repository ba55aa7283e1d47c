import Files
import Foundation
import Lifecycle
import TestSupport
import Testing
import Time

@testable import Journal
@testable import Replayer
@testable import Sinks

/// The real replay into each local sink with a checkpoint, on a simulated disk: whatever fails, and whenever the process or the power
/// goes, the next start leaves every document there: in a file once and in order, in an index in its newest version.
@Suite struct SinkPowerCutTests {
    /// REPRISE_TEST_SCHEDULES sets how many.
    private var count: Int {
        ProcessInfo.processInfo.environment["REPRISE_TEST_SCHEDULES"].flatMap(Int.init) ?? 25
    }

    @Test(arguments: SinkTrial.Kind.allCases)
    func everyCallThatFailsOnceCostsNoDocumentAndDoublesNone(kind: SinkTrial.Kind) throws {
        let trial = try SinkTrial(kind, SeededRandom())
        var failed = 0
        for place in 1...10_000 {
            let disk = trial.disk()
            disk.failingChange = place
            do { try trial.replay(on: disk) } catch { failed += 1 }
            guard disk.changes >= place else { break }
            disk.failingChange = nil
            disk.forgetLocks()
            try trial.replay(on: disk)
            #expect(try trial.content(of: disk) == trial.reference, "the change \(place) failed")
        }
        // Nearly all of them end the replay; a few are not needed.
        #expect(failed > 3)
    }

    @Test(arguments: SinkTrial.Kind.allCases)
    func killsAndPowerCutsAtAnyCallCostNoDocumentAndDoubleNone(kind: SinkTrial.Kind) throws {
        var seeds = SeededRandom()
        let named = seeds.seed
        for number in 0..<count {
            let seed = number == 0 ? named : seeds.next()
            do {
                try interruptedReplay(kind, seed)
            } catch {
                Issue.record("\(kind), REPRISE_TEST_SEED=\(seed): \(error)")
            }
        }
    }

    private func interruptedReplay(_ kind: SinkTrial.Kind, _ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let trial = try SinkTrial(kind, random)
        var disk = trial.disk()
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            disk = try trial.interrupt(disk, &random)
        }
        try trial.replay(on: disk)
        let content = try trial.content(of: disk)
        let starts = content.map { $0.prefix { $0 != "," } }
        #expect(content == trial.reference, "\(kind), REPRISE_TEST_SEED=\(seed): \(starts)")
    }

    /// What is taken back of a failed write must not fill with zeros what another program has just cut off.
    @Test func aFileThatIsCutWhileAWriteFailsGetsNoHole() throws {
        let trial = try SinkTrial(.ndjson, SeededRandom())
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
    @Test(arguments: SinkTrial.Kind.allCases)
    func aDiskThatForgetsSyncsIsFoundOut(kind: SinkTrial.Kind) throws {
        let isFound = try (UInt64(1)...400).contains { seed in
            var random = SeededRandom(seed: seed)
            let trial = try SinkTrial(kind, random)
            let disk = trial.disk()
            disk.faults = .init(ignored: 90)
            let cut = try trial.interrupt(disk, &random, isCut: true)
            do { try trial.replay(on: cut) } catch { return true }
            return try trial.content(of: cut) != trial.reference
        }
        #expect(isFound)
    }
}
