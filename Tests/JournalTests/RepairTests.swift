import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

/// What a repair does beside damaged blocks, which `VerifyTests` damages one by one.
@Suite struct RepairTests {
    private func record(_ path: String, rounds: Int) throws {
        for round in 0..<rounds {
            let clock = ManualClock.standard()
            clock.advance(by: .seconds(round))
            let writer = try JournalWriter(directory: path, source: .filtered, clock: clock.clock)
            for number in 0..<50 { try writer.append("{\"n\":\(round * 50 + number)}\r\n") }
            try writer.close()
        }
    }

    @Test func aMissingSegmentBecomesAGap() throws {
        let folder = try TemporaryFolder()
        try record(folder.path, rounds: 4)
        let journal = try Journal(directory: folder.path)
        let whole = try ReadBack(folder.path)
        for missing in ["0000000001", "0000000003"] {
            try FileManager.default.removeItem(atPath: "\(folder.path)/filtered/\(missing).zst")
        }
        let codes = try JournalVerification(of: journal).findings.map(\.code)
        #expect(codes == [.segmentMissing, .segmentMissing])
        let steps = try JournalRepair(of: journal, source: .filtered).steps
        #expect(steps.map(\.action) == [.made, .made] && steps.allSatisfy { $0.gaps.count == 1 })
        #expect(try JournalVerification(of: journal).findings.isEmpty)
        let read = try ReadBack(folder.path)

        #expect(Set(read.records).isSubset(of: Set(whole.records)) && read.marks.count == 100)
        #expect(read.events.map(\.kind) == [EventKind.gap, EventKind.gap])
        // A recorder goes on behind it, and the catalog knows of the gaps.
        try record(folder.path, rounds: 5)
        #expect(try JournalVerification(of: journal).findings.isEmpty)
    }

    @Test func aSegmentThatWasNeverSealedIsSealed() throws {
        let folder = try TemporaryFolder()
        try record(folder.path, rounds: 3)
        let journal = try Journal(directory: folder.path)
        let whole = try ReadBack(folder.path)
        let path = "\(folder.path)/filtered/0000000002"
        // As a copy of a live journal has it: the name of before, and the table not there yet.
        let check = try SegmentCheck(journal.folder(of: .filtered), SegmentID(rawValue: 2), isSealed: true, buffer: nil)
        try FileManager.default.moveItem(atPath: path + ".zst", toPath: path + ".open")
        try SystemDisk().file(path + ".open", O_RDWR).truncate(to: check.kept.last?.location.end ?? 0)
        #expect(try JournalVerification(of: journal).findings.map(\.code) == [.unsealed])
        #expect(try JournalRepair(of: journal, source: .filtered).steps.allSatisfy { $0.gaps.isEmpty })
        #expect(try JournalVerification(of: journal).findings.isEmpty)
        #expect(try ReadBack(folder.path) == whole)
    }

    @Test func aRepairNeedsTheRecorderStopped() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let journal = try Journal(directory: folder.path)
        #expect { try JournalRepair(of: journal, source: .filtered) } throws: { ($0 as? JournalError)?.code == .locked }
        #expect(try JournalRepair(of: journal, source: .filtered, dryRun: true).steps.isEmpty)
        try writer.close()
    }

    /// The power goes at each call of a repair; the next one finishes it, and nothing more is gone.
    @Test func aRepairThatLosesPowerIsRepeatedToTheSameEnd() throws {
        var random = SeededRandom()
        let small = try TwoSegments()
        for number in 0..<6 {
            let byte = Int.random(in: 0..<600, using: &random)
            let damage = { (state: inout DiskState) in
                state.change(TwoSegments.first) { $0[byte] ^= 4 }
                if number.isMultiple(of: 2) { state.change("/journal/filtered/tail") { $0[byte + 60] ^= 4 } }
            }
            let direct = try small.damaged(damage)
            _ = try JournalRepair(of: direct, source: .filtered)
            let wanted = try TwoSegments.contents(direct)
            var states: [DiskState] = []
            var state = small.disk.state
            state.settle()
            damage(&state)
            let disk = SimulatedDisk(state, random)
            disk.beforeChange = { states.append($0) }
            _ = try JournalRepair(
                of: Journal(directory: Schedule.journal, disk: disk, geometry: small.geometry),
                source: .filtered
            )
            #expect(states.count > 3)
            for (index, state) in states.enumerated() {
                var left = state
                left.cutPower(&random)
                let again = try Journal(
                    directory: Schedule.journal,
                    disk: SimulatedDisk(left, random),
                    geometry: small.geometry
                )
                _ = try JournalRepair(of: again, source: .filtered)
                let place: Comment = "\(random), byte \(byte), call \(index)"
                #expect(try JournalVerification(of: again).findings.isEmpty, place)
                #expect(try TwoSegments.contents(again).records == wanted.records, place)
            }
        }
    }
}
