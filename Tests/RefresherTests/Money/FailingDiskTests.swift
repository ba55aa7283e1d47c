import Files
import Foundation
import Lifecycle
import Simulator
import TestSupport
import Testing
import Time
import XAPI

@testable import Journal
@testable import Refresher

/// The disk under the ledger and the lookups fails, or the power does: no request leaves that the ledger does not hold.
@Suite(.timeLimit(.minutes(30)))
struct FailingDiskTests {
    private static let posts = 250

    /// REPRISE_TEST_DISK_FAULTS sets how often each disk fails.
    @Test(arguments: FailingDisk.Failure.allCases)
    func whatXBilledIsInTheLedgerWhereverTheDiskFails(failure: FailingDisk.Failure) throws {
        let count = Int(ProcessInfo.processInfo.environment["REPRISE_TEST_DISK_FAULTS"] ?? "") ?? 5
        var seeds = SeededRandom()
        var failed = 0
        for number in 0..<count {
            let seed = number == 0 ? seeds.seed : seeds.next()
            if try Round(failure, seed).run() { failed += 1 }
        }
        #expect(failed > count / 20, "\(failed) of \(count): a disk that does not fail proves nothing")
    }

    @Test func whatXBilledBeyondAReservationOutlivesAPowerCut() throws {
        var random = SeededRandom()
        for _ in 0..<5 {
            let folder = try TemporaryFolder()
            let disk = FailingDisk(folder.path, .dead, at: Int.max, random)
            _ = random.next()
            func open(_ access: JournalAccess) throws -> Ledger {
                try Ledger(access, budgets: [], price: .published, clock: .system)
            }
            var ledger: Ledger? = try open(disk.access)
            try ledger?.reserve(50, on: 20_781, for: 1)
            try ledger?.settle(52, for: 1)
            try disk.restart(cutPower: true)
            ledger = nil
            let after = try onceFree { try open(JournalAccess(folder.path)) }
            #expect(after.spent(on: 20_781) == 52, "\(random)")
            try after.close()
        }
    }

    /// One pass over a disk that fails at some change, and what comes after.
    private final class Round {
        private let fixture: MoneyFixture
        private let disk: FailingDisk
        private let cutsPower: Bool
        private let rule: BillingDay.Rule
        private let place: String

        init(_ failure: FailingDisk.Failure, _ seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            let rule: BillingDay.Rule = Bool.random(using: &random) ? .none : .utcDay
            cutsPower = Bool.random(using: &random)
            self.rule = rule
            fixture = try MoneyFixture(batch: posts) { $1.deduplicatesCharges = rule == .utcDay }
            try fixture.stream()
            fixture.xClock.advance(by: .seconds(86_400))
            // Sources that are new, or hold a pass already.
            let before = Bool.random(using: &random) ? Int.random(in: 1...100, using: &random) : 0
            if before > 0 { try fixture.pass(["1000/day"]) { $0.readLimit = before } }
            let change = Int.random(in: 1...50, using: &random)
            place =
                "REPRISE_TEST_SEED=\(seed), \(failure) from change \(change) on, power cut \(cutsPower), \(rule), \(before) read before"
            disk = FailingDisk(fixture.journal, failure, at: change, random)
        }

        /// Returns whether the disk failed.
        func run() throws -> Bool {
            let failure = passOverDisk()
            if disk.failures > 0 {
                let text = "\(failure.map { "\($0)" } ?? "no error")"
                let reason = ["Input/output error", "No space left on device"].contains { text.contains($0) }
                #expect(
                    (failure is JournalError || failure is FileError) && reason && text.contains(fixture.journal),
                    "\(text); \(place)"
                )
            } else {
                #expect(failure == nil, "\(String(describing: failure)); \(place)")
            }
            try disk.restart(cutPower: cutsPower)
            let day = fixture.day
            let billed = try fixture.lookedUpBilled()[day] ?? 0
            let next = try onceFree { try fixture.refresher(["1000/day"]) { $0.billing = rule } }
            let known = try #require(next.ledger).spent(on: day)
            #expect(known >= billed, "the ledger says \(known), X \(billed); \(place)")
            let report = try next.pass(ShutdownSignal())
            try next.close()
            #expect(report.ending == .done && report.read == report.due, "\(report); \(place)")
            // From the journal alone: what was read is there.
            for name in ["posts.sqlite", "posts.sqlite-wal", "posts.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: "\(fixture.journal)/\(name)")
            }
            let last = try fixture.pass(["1000/day"]) { $0.billing = rule }
            #expect(last.due == 0, "\(last); \(place)")
            let (ledger, all) = (try fixture.ledger()[day] ?? 0, try fixture.lookedUpBilled()[day] ?? 0)
            #expect(ledger >= all && all >= posts, "\(place)")
            // The question in hand, and an answer that was not synced yet, are bought once more at most.
            #expect(ledger <= posts + 200, "\(ledger) spent; \(place)")
            return disk.failures > 0
        }

        private func passOverDisk() -> (any Error)? {
            do {
                let refresher = try fixture.refresher(["1000/day"], access: disk.access) { $0.billing = rule }
                let pass = Result { _ = try refresher.pass(ShutdownSignal()) }
                let close = Result { try refresher.close() }
                try pass.get()
                try close.get()
                return nil
            } catch { return error }
        }
    }
}

/// Threads of a writer that was given up hold its lock until they have seen that.
private func onceFree<Result>(_ open: () throws -> Result) throws -> Result {
    for _ in 0..<1_000 {
        do { return try open() } catch let error as JournalError where error.code == .locked { sleepMilliseconds(10) }
    }
    return try open()
}
