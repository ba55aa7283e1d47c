import Files
import Foundation
import TestSupport
import Testing
import Time

@testable import Journal

@Suite struct KillTests {
    /// A copy of the files at any moment is what a kill at that moment leaves: it opens, without a hole, and goes on.
    @Test(.timeLimit(.minutes(20))) func aCopyOfALiveJournalOpensWithAPrefixAndGoesOn() throws {
        var random = SeededRandom()
        for round in 0..<8 {
            let folder = try TemporaryFolder()
            let live = "\(folder.path)/live"
            let copy = "\(folder.path)/copy"
            let writer = try JournalWriter(
                directory: live,
                source: .filtered,
                configuration: .init(segmentByteLimit: 2 << 20)
            )
            var sent: [UInt8] = []
            for number in 0..<Int.random(in: 1...500, using: &random) {
                let delivery = [UInt8](
                    (0..<Int.random(in: 1...16_384, using: &random)).map {
                        UInt8(truncatingIfNeeded: $0 % 97 == 0 ? 10 : 65 + ($0 + number) % 26)
                    }
                )
                try writer.append(delivery)
                sent += delivery
            }
            // The writer's threads go on while the tail is copied first, so its slots may be stale in the copy, as after a kill.
            try FileManager.default.createDirectory(atPath: "\(copy)/filtered", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(live)/filtered/tail", toPath: "\(copy)/filtered/tail")
            for name in try SystemDisk().sortedNames(in: "\(live)/filtered")
            where name.hasSuffix(".zst") || name.hasSuffix(".open") {
                if FileManager.default.fileExists(atPath: "\(live)/filtered/\(name)") {
                    try? FileManager.default.copyItem(
                        atPath: "\(live)/filtered/\(name)",
                        toPath: "\(copy)/filtered/\(name)"
                    )
                }
            }
            try writer.close()
            #expect((try allBytes(live) == sent) == true, "\(random) round \(round)")

            let more = Array("\nmore\n".utf8)
            let reopened = try JournalWriter(directory: copy, source: .filtered)
            let recovered = Int(reopened.endOffset.rawValue)
            #expect(recovered == sent.count, "\(random) round \(round): \(recovered) of \(sent.count)")
            try reopened.append(more)
            try reopened.close()
            #expect((try allBytes(copy) == sent + more) == true, "\(random) round \(round)")
        }
    }

    /// The open segment cut anywhere, as a power cut leaves it, opens with what is left of it.
    @Test func anOpenSegmentCutAnywhereKeepsItsWholeBlocks() throws {
        var random = SeededRandom()
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        for _ in 0..<20 { try writer.append(Array(repeating: 66, count: 262_000) + [10]) }
        try writer.close()
        let path = "\(folder.path)/filtered"
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(path)/0000000001.zst"))
        let expected = try allBytes(folder.path)
        for _ in 0..<25 {
            let cut = Int.random(in: 0...whole.count, using: &random)
            let other = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: "\(other.path)/filtered",
                withIntermediateDirectories: true
            )
            try whole.prefix(cut).write(to: URL(fileURLWithPath: "\(other.path)/filtered/0000000001.open"))
            let reopened = try JournalWriter(directory: other.path, source: .filtered)
            try reopened.append("end\n")
            try reopened.close()
            let bytes = try allBytes(other.path)
            #expect(expected.starts(with: bytes.dropLast(4)), "\(random) cut at \(cut)")
            #expect(bytes.suffix(4) == Array("end\n".utf8)[...], "\(random) cut at \(cut)")
        }
    }

    @Test func aSecondWriterIsRefusedWithTheHoldersProcess() throws {
        let folder = try TemporaryFolder()
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        let error = #expect(throws: JournalError.self) {
            try JournalWriter(directory: folder.path, source: .filtered)
        }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process \(getpid())") == true)
        try writer.close()
    }

    @Test func aClockFarBehindTheLastArrivalIsRefused() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock.standard()
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        try writer.append("a\n")
        try writer.close()
        clock.advance(by: .seconds(-6))
        let error = #expect(throws: JournalError.self) {
            try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        }
        #expect(error?.code == .clockBehind)
        clock.advance(by: .seconds(3))
        let late = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        try late.append("b\n")
        try late.close()
        let read = try ReadBack(folder.path)
        #expect(read.events.map(\.kind) == ["clock"])
        #expect(read.marks[1].arrival > read.marks[0].arrival)
    }

    /// The clock was a day ahead once: recording goes on from the later time, and an event says by how much.
    @Test func aClockThatWasAheadOnceIsAcceptedWhenToldSo() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock.standard()
        let writer = try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        try writer.append("a\n")
        try writer.close()
        clock.advance(by: .seconds(-86_400))
        let refused = #expect(throws: JournalError.self) {
            try JournalWriter(directory: folder.path, source: .filtered, clock: clock.clock)
        }
        #expect(refused?.message.contains("If the clock is wrong now") == true)
        #expect(refused?.message.contains("--accept-clock") == true)
        for _ in 0..<2 {
            let accepting = try JournalWriter(
                directory: folder.path,
                source: .filtered,
                configuration: .init(acceptsClock: true),
                clock: clock.clock
            )
            try accepting.append("b\n")
            try accepting.close()
        }
        let read = try ReadBack(folder.path)
        #expect(read.records.count == 3)
        #expect(zip(read.marks, read.marks.dropFirst()).allSatisfy { $0.arrival < $1.arrival })
        #expect(read.events.map(\.kind) == ["clock", "clock"])
    }
}
