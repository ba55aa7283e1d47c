import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

/// Journals with one to three damages: what a reader reads before a start or a repair, it reads after it, and what is missing is told.
///
/// REPRISE_TEST_RESCUES says how many; REPRISE_TEST_SEED and REPRISE_TEST_RESCUE_INPUT repeat one.
@Suite struct RescueTests {
    private struct Wrong: Error, CustomStringConvertible { let description: String }

    @Test func whatAnyFileHoldsIsReadBeforeAndAfterEveryRescueAndTheRestIsTold() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["REPRISE_TEST_RESCUES"].flatMap(Int.init) ?? 60
        // The small form is the same every time; the soak run looks further with seeds of its own.
        let isSmall = environment["REPRISE_TEST_RESCUES"] == nil && environment["REPRISE_TEST_SEED"] == nil
        let seed = isSmall ? 1 : SeededRandom().seed
        let only = environment["REPRISE_TEST_RESCUE_INPUT"].flatMap(Int.init)
        var journals: [UInt64: RescueJournal] = [:]
        var (lossless, failures) = (0, 0)
        for number in only.map({ $0...$0 }) ?? 0...count - 1 {
            let kind = UInt64(number % 12)
            var random = SeededRandom(seed: seed &+ kind)
            let journal = try journals[kind] ?? RescueJournal(&random)
            journals[kind] = journal
            random = SeededRandom(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
            var original = journal.state
            if number % 8 > 0 { (original.databases, original.syncedDatabases) = ([:], [:]) }
            let damage = RandomDamage(original, &random)
            do {
                lossless += try check(journal, damage) ? 1 : 0
            } catch {
                failures += 1
                Issue.record("REPRISE_TEST_SEED=\(seed) REPRISE_TEST_RESCUE_INPUT=\(number): \(damage.what): \(error)")
                if failures > 9 { return }
            }
        }
        // A test of damages that lose nothing, or everything, would be none.
        #expect(only != nil || lossless > count / 20 && lossless < count * 19 / 20, "\(lossless) of \(count)")
    }

    private func disk(_ state: DiskState) -> SimulatedDisk { SimulatedDisk(state, SeededRandom(seed: 1)) }

    /// Returns whether nothing was lost.
    private func check(_ journal: RescueJournal, _ damage: RandomDamage) throws -> Bool {
        let before = disk(damage.state)
        let held = try RescueJournal.held(on: before, count: journal.bytes.count)
        let (records, unread) = try RescueJournal.records(on: before)
        for (offset, record) in records where journal.records[offset] != record {
            throw Wrong(description: "a record at \(offset) that was never sent")
        }
        // The line behind a gap may have begun in it, so it is not believed.
        for (offset, record) in journal.records where records[offset] == nil {
            let first = max(0, Int(offset) - 1)
            guard held[first..<Int(offset) + record.count + 2].contains(false) else {
                throw Wrong(description: "the record at \(offset) is held and was not read before")
            }
        }
        let isLossless = records.count == journal.records.count
        let heldEnd = (held.lastIndex(of: true) ?? -1) + 1
        // The newest line, of which only the beginning is held, is one that a killed recorder was writing.
        let missing = journal.records.filter { records[$0.key] == nil && Int($0.key) + $0.value.count <= heldEnd }
        if !missing.isEmpty {
            guard !unread.isEmpty, unread.bytes > 0 || !held[..<heldEnd].contains(false) else {
                throw Wrong(
                    description: "\(missing.count) records are missing in silence: \(missing.keys.sorted().prefix(3))"
                )
            }
            let findings = try JournalVerification(of: RescueJournal.journal(on: before)).findings
            guard !findings.isEmpty else { throw Wrong(description: "verify finds nothing, but records are missing") }
        }
        let known = Known(records: records, unread: unread, held: held)
        try checkStart(journal, damage, known)
        try checkRepair(journal, damage, known)
        return isLossless
    }

    private func checkStart(
        _ journal: RescueJournal,
        _ damage: RandomDamage,
        _ known: Known
    ) throws {
        let disk = disk(damage.state)
        try show(self.disk(damage.state), "before")
        defer { try? show(disk, "after a start") }
        do {
            let writer = try RescueJournal.open(disk, journal.clock, segmentByteLimit: 5_000)
            _ = writer.endOffset
        } catch let error as JournalError
            where error.code == .corrupt && error.message.contains("the catalog knows segments")
        {
            // Refused, and nothing was changed: it is not known how far the source had come.
        }
        disk.forgetLocks()
        try compare(disk, known, "a start")
        // A second start changes nothing more.
        do {
            let again = try RescueJournal.open(disk, journal.clock, segmentByteLimit: 5_000)
            guard again.statistics.repairs.isEmpty else {
                throw Wrong(description: "the second start repairs: \(again.statistics.repairs)")
            }
        } catch let error as JournalError where error.message.contains("the catalog knows segments") {}
        disk.forgetLocks()
        try compare(disk, known, "a second start")
    }

    private func checkRepair(
        _ journal: RescueJournal,
        _ damage: RandomDamage,
        _ known: Known
    ) throws {
        let disk = disk(damage.state)
        defer { try? show(disk, "after a repair") }
        let plan = try JournalRepair(of: RescueJournal.journal(on: disk), source: .filtered, dryRun: true).steps
        let steps = try JournalRepair(of: RescueJournal.journal(on: disk), source: .filtered).steps
        disk.forgetLocks()
        guard plan.map(\.file).sorted() == steps.map(\.file).sorted() else {
            throw Wrong(description: "planned \(plan.map(\.file)), done \(steps.map(\.file))")
        }
        try compare(disk, known, "a repair")
        let findings = try JournalVerification(of: RescueJournal.journal(on: disk)).findings.filter {
            $0.code != .catalogWrong && $0.code != .catalogDamaged
        }
        guard findings.isEmpty else { throw Wrong(description: "after a repair: \(findings)") }
        _ = try RescueJournal.journal(on: disk).rebuildCatalog()
        disk.forgetLocks()
        try compare(disk, known, "a rebuild")
        let again = try JournalRepair(of: RescueJournal.journal(on: disk), source: .filtered).steps
        guard again.isEmpty else { throw Wrong(description: "repaired twice: \(again)") }
    }

    /// A single input is looked at.
    private func show(_ disk: SimulatedDisk, _ what: String) throws {
        guard ProcessInfo.processInfo.environment["REPRISE_TEST_RESCUE_INPUT"] != nil else { return }
        disk.forgetLocks()
        print(try RescueJournal.picture(of: disk, what))
    }

    /// What is read before anything is done.
    private struct Known {
        let records: [UInt64: [UInt8]]
        let unread: UnreadBytes
        let held: [Bool]
    }

    private func compare(_ disk: SimulatedDisk, _ known: Known, _ what: String) throws {
        let (records, held) = (known.records, known.held)
        let (after, unread) = try RescueJournal.records(on: disk)
        // Damage may seem to have cost more than it did; what is missing in truth is told as before.
        let end = (held.lastIndex(of: true) ?? -1) + 1
        let missing = held[..<end].count { !$0 }
        let isAllHeld = !held.contains(false)
        guard unread.bytes >= min(known.unread.bytes, missing), isAllHeld || !unread.isEmpty || known.unread.isEmpty
        else {
            throw Wrong(
                description: "\(known.unread.bytes) bytes in \(known.unread.gaps) gaps were told, and after \(what) "
                    + "\(unread.bytes) in \(unread.gaps)"
            )
        }
        guard after == records else {
            let lost = records.keys.filter { after[$0] != records[$0] }.sorted()
            let new = after.keys.filter { after[$0] != records[$0] }.sorted()
            throw Wrong(
                description:
                    "after \(what) \(lost.count) records are gone: \(lost.prefix(3)), \(new.count) new: \(new.prefix(3))"
            )
        }
        let now = try RescueJournal.held(on: disk, count: held.count)
        if let dropped = held.indices.first(where: { held[$0] && !now[$0] }) {
            throw Wrong(description: "after \(what) byte \(dropped) is in no file any more")
        }
    }
}
