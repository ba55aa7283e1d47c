import Files
import Foundation
import TestSupport
import Testing
import Time
import Glibc

@testable import Journal

private let source = SourceName.filtered

/// Blocks of about a slot each in one segment.
private func fill(_ writer: JournalWriter, megabytes: Int) throws {
    for n in 0..<(megabytes * 4) {
        try writer.append(Array("{\"n\":\(n)".utf8) + Array(repeating: 97, count: 261_000) + [10])
    }
}

private func blocks(_ path: String) throws -> [(BlockLocation, BlockTrailer)] {
    let file = try SystemDisk().file(path, O_RDONLY)
    var at = 0
    var all: [(BlockLocation, BlockTrailer)] = []
    while let l = try BlockLocation.find(in: file, at: at), let t = try l.trailer(in: file) {
        all.append((l, t)); at = l.end
    }
    return all
}

private func flip(_ path: String, at: Int, xor: UInt8 = 0xFF) throws {
    let file = try SystemDisk().file(path, O_RDWR)
    var b = [UInt8](repeating: 0, count: 1)
    _ = try file.readArray(into: &b, at: at)
    b[0] ^= xor
    try b.withUnsafeBytes { try file.write($0, at: at) }
}

@Suite(.serialized) struct BrokenFileTests {
    // start at an offset that lies in the tail, behind the last block.
    @Test func anOffsetInTheTailIsReachedByTheLastBlock() throws {
        let folder = try TemporaryFolder()
        let first = try JournalWriter(directory: folder.path, source: source)
        try first.append("{\"a\":1}\n")
        try first.close()
        let writer = try JournalWriter(directory: folder.path, source: source)
        try writer.append("{\"b\":2}\n{\"c\":3}\n")
        let all = try ReadBack(folder.path)
        #expect(all.records.count == 3)
        for m in all.marks {
            let from = try ReadBack(folder.path, from: .offset(m.offset))
            #expect(from.records.count == all.marks.filter { $0.offset >= m.offset }.count, "A offset \(m.offset)")
        }
        #expect(try allBytes(folder.path, from: ByteOffset(rawValue: 16)).count == 8, "A bytes")
        let follower = try RecordReader(
            journal: try Journal(directory: folder.path),
            source: source,
            from: .offset(ByteOffset(rawValue: 16)),
            to: .never
        )
        var seen = ReadBack()
        try seen.add(follower)
        try writer.append("{\"d\":4}\n")
        try seen.add(follower)
        #expect(seen.records.count == 2, "A follower saw \(seen.records.count)")
        try writer.close()
    }

    // start inside a damaged block.
    @Test func readingFromInsideADamagedBlockGoesOnBehindIt() throws {
        let folder = try TemporaryFolder()
        let w = try JournalWriter(directory: folder.path, source: source)
        try fill(w, megabytes: 60)
        try w.close()
        let path = "\(folder.path)/filtered/0000000001.zst"
        let b = try blocks(path)
        try flip(path, at: b[2].0.start + b[2].0.frameSize / 2)
        let from = b[2].1.firstOffset + 100
        #expect(throws: Never.self) { try ReadBack(folder.path, from: .offset(from)) }
        do {
            _ = try ReadBack(folder.path, from: .time(b[2].1.arrivals[0].time))
        } catch { Issue.record("B time: \(error)") }
    }

    // structural damage in the newest sealed segment.
    @Test func damageInTheNewestSegmentCostsItsBlockAlone() throws {
        for what in ["trailer magic", "sequence"] {
            let folder = try TemporaryFolder()
            let w = try JournalWriter(directory: folder.path, source: source)
            try fill(w, megabytes: 60)
            try w.close()
            let path = "\(folder.path)/filtered/0000000001.zst"
            let b = try blocks(path)
            let t = b[1].0.start + b[1].0.frameSize
            try flip(path, at: what == "sequence" ? t + 18 + 8 + 16 + 7 : t + 3)
            let r = try ReadBack(folder.path)
            let found = try Journal(directory: folder.path).endOffset(of: source)
            #expect(
                r.records.count >= 240 - 17,
                "C \(what): \(r.records.count) of 240, events \(r.events.map(\.kind)), end \(found) of \(w.endOffset)"
            )
        }
    }

    // damaged seek table of an older segment.
    @Test func aDamagedSeekTableHidesNoLaterSegment() throws {
        let folder = try TemporaryFolder()
        for n in 0..<3 {
            let w = try JournalWriter(directory: folder.path, source: source)
            try w.append("{\"n\":\(n)}\n")
            try w.close()
        }
        let path = "\(folder.path)/filtered/0000000001.zst"
        try flip(path, at: try SystemDisk().file(path, O_RDONLY).size() - 1)
        let r = try ReadBack(folder.path)
        #expect(r.records.count == 3, "D: \(r.records.count) of 3 without an error")
    }

    // damage in the open segment, blocks behind it.
    @Test func aDamagedOpenSegmentKeepsItsWholeBlocksBehindAGap() throws {
        for which in [0, 1] {
            let folder = try TemporaryFolder()
            let live = "\(folder.path)/live", copy = "\(folder.path)/copy"
            let w = try JournalWriter(directory: live, source: source)
            try fill(w, megabytes: 80)
            let end = w.endOffset
            usleep(1_500_000)
            try FileManager.default.copyItem(atPath: live, toPath: copy)
            try w.close()
            let path = "\(copy)/filtered/0000000001.open"
            let b = try blocks(path)
            try flip(path, at: b[which].0.start + b[which].0.frameSize + 30)
            let again = try JournalWriter(directory: copy, source: source)
            // It goes on by itself, where it was, and only the damaged block is gone.
            #expect(again.endOffset == end, "block \(which)")
            #expect(again.statistics.repairs.first?.gaps.count == (b[which].1.length > 0 ? 1 : 0), "block \(which)")
            #expect(again.statistics.repairs.first?.missingBytes ?? -1 == b[which].1.length)
            try again.close()
            #expect(try JournalVerification(of: Journal(directory: copy)).findings.isEmpty)
        }
    }

    // zero-sized frames in a seek table.
    @Test func aTableOfNothingEndsTheReader() throws {
        let folder = try TemporaryFolder()
        try SystemDisk().createFolder("\(folder.path)/filtered")
        _ = try SystemDisk().file("\(folder.path)/filtered/tail", O_RDWR | O_CREAT)
        let table = SeekTable(frames: [.init(storedSize: 0, contentSize: 0), .init(storedSize: 0, contentSize: 0)])
            .encode()
        let f = try SystemDisk().file("\(folder.path)/filtered/0000000001.zst", O_RDWR | O_CREAT)
        try table.withUnsafeBytes { try f.write($0, at: 0) }
        let r = try RecordReader(journal: try Journal(directory: folder.path), source: source)
        var n = 0
        while n < 10_000, try r.nextBatch() != nil { n += 1 }
        #expect(n < 10_000, "F: endless")
    }

    // a record over more than two blocks, read from the time it arrived.
    @Test(arguments: [16_384, 1_000]) func aLongLineIsReadFromATimeInsideIt(_ size: Int) throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock.standard()
        let w = try JournalWriter(directory: folder.path, source: source, clock: clock.clock)
        try w.append("{\"first\":1}\n")
        for _ in 0..<(8_200_000 / size) {
            try w.append(Array(repeating: 98, count: size)); clock.advance(by: .microseconds(5))
        }
        clock.advance(by: .seconds(1))
        try w.append("\n{\"last\":1}\n")
        try w.close()
        let all = try ReadBack(folder.path)
        let from = try ReadBack(folder.path, from: .time(all.marks[1].arrival))
        #expect(from.marks == Array(all.marks[1...]), "G \(size): \(from.marks) instead of \(all.marks[1...])")
    }

    // CR at the end of a run makes a record of exactly the limit too long.
    @Test func theLimitOfARecordIsTheSameLiveAndLater() throws {
        let folder = try TemporaryFolder()
        let w = try JournalWriter(directory: folder.path, source: source)
        let line = Array(repeating: UInt8(99), count: RecordReader.recordByteLimit)
        try w.append(line + [13])
        let follower = try RecordReader(journal: try Journal(directory: folder.path), source: source, to: .never)
        var live = ReadBack()
        try live.add(follower)
        try w.append("\n")
        try live.add(follower)
        try w.close()
        let folder2 = try TemporaryFolder()
        let w2 = try JournalWriter(directory: folder2.path, source: source)
        try w2.append(line)
        try w2.append("\r\n")
        let other = try ReadBack(folder2.path)
        try w2.close()
        #expect(live.kinds == other.kinds, "H: \(live.kinds) and \(other.kinds)")
    }

    // lock goes before the threads.
    @Test func aWriterThatWasDroppedHoldsItsLockWhileItWrites() throws {
        var random = SeededRandom()
        var failures: [String] = []
        let noise = (0..<1_000_000).map { _ in UInt8.random(in: 32...126, using: &random) } + [10]
        for round in 0..<8 {
            let folder = try TemporaryFolder()
            var w: JournalWriter? = try JournalWriter(directory: folder.path, source: source)
            var sent: [UInt8] = []
            for _ in 0..<28 { try w?.append(noise); sent += noise }
            w = nil
            do {
                let held = try SourceLock(SourceFolder(journal: folder.path, source: source))
                let path = "\(folder.path)/filtered/0000000001.open"
                let before = SystemDisk().exists(path) ? try SystemDisk().file(path, O_RDONLY).size() : 0
                usleep(700_000)
                let after = SystemDisk().exists(path) ? try SystemDisk().file(path, O_RDONLY).size() : 0
                if before != after {
                    failures.append("round \(round): grew \(before) to \(after) under another's lock")
                }
                try held.release()
            } catch { usleep(1_000_000) }
            do {
                let again = try JournalWriter(directory: folder.path, source: source)
                try again.append("x\n")
                sent += Array("x\n".utf8)
                try again.close()
                let got = try allBytes(folder.path)
                if (got == sent) == false { failures.append("round \(round): \(got.count) of \(sent.count)") }
            } catch { failures.append("round \(round): \(error)") }
        }
        #expect(failures.isEmpty, "I: \(failures)")
    }

    // crafted trailers.
    func craft(_ change: (inout BlockTrailer) -> Void) throws -> String {
        let folder = NSTemporaryDirectory() + "craft-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let w = try JournalWriter(directory: folder, source: source)
        try w.append(event: "opened", fields: [])
        try w.append("a\n")
        try w.close()
        let path = "\(folder)/filtered/0000000001.zst"
        try SystemDisk().file("\(folder)/filtered/tail", O_RDWR).truncate(to: 0)
        let b = try blocks(path)
        let f = try SystemDisk().file(path, O_RDWR)
        var frame = [UInt8](repeating: 0, count: b[1].0.frameSize)
        _ = try f.readArray(into: &frame, at: b[1].0.start)
        var t = b[1].1
        change(&t)
        let enc = frame.withUnsafeBytes { t.encode(after: $0) }
        try f.truncate(to: b[1].0.start + b[1].0.frameSize)
        try enc.withUnsafeBytes { try f.write($0, at: b[1].0.start + b[1].0.frameSize) }
        let table = SeekTable(frames: [
            .init(storedSize: b[0].0.frameSize, contentSize: 0), .init(storedSize: b[0].0.trailerSize, contentSize: 0),
            .init(storedSize: b[1].0.frameSize, contentSize: 2), .init(storedSize: enc.count, contentSize: 0),
        ]).encode()
        let size = try f.size()
        try table.withUnsafeBytes { try f.write($0, at: size) }
        return folder
    }
    @Test func aCraftedEventCrashesNobody() async throws {
        await #expect(processExitsWith: .success) {
            let p = try BrokenFileTests().craft {
                $0.events = [
                    JournalEvent(
                        offset: ByteOffset(rawValue: UInt64.max),
                        time: $0.events[0].time,
                        json: $0.events[0].json
                    )
                ]
            }
            _ = try? ReadBack(p)
        }
    }
    @Test func aCraftedSequenceCrashesNobody() async throws {
        await #expect(processExitsWith: .success) {
            let p = try BrokenFileTests().craft { $0.lastSequence = UInt64.max }
            _ = try? ReadBack(p)
        }
    }
    @Test func aCraftedTimeCrashesNobody() async throws {
        await #expect(processExitsWith: .success) {
            let p = try BrokenFileTests().craft { $0.nextArrival = Timestamp(rawValue: Int64.min) }
            _ = try? ReadBack(p)
        }
    }
    @Test func anUnchangedTrailerIsRead() async throws {
        await #expect(processExitsWith: .success) {
            let p = try BrokenFileTests().craft { _ in }
            _ = try ReadBack(p)
        }
    }
}
