import Files
import Foundation
import Glibc
import Lifecycle
import TestSupport
import Testing

@testable import Journal

/// A copy of a journal that is being recorded, by tools that know nothing of it.
@Suite(.serialized) struct LiveCopyTests {
    private static let rounds = ProcessInfo.processInfo.environment["REPRISE_TEST_ROUNDS"].flatMap(Int.init) ?? 4

    /// A writer at full speed on a thread of its own; lines count up, so that a prefix is known by its length.
    private final class Recorder: Sendable {
        private let done = Monitor(false)
        private let outcome = Monitor("")
        private let thread: TestThread

        init(_ path: String, segmentByteLimit: Int, pad: Int) {
            let (done, outcome) = (done, outcome)
            thread = startThread {
                do {
                    let writer = try JournalWriter(
                        directory: path,
                        source: .filtered,
                        configuration: .init(segmentByteLimit: segmentByteLimit)
                    )
                    var number = 0
                    while !done.withLock({ $0 }) {
                        try writer.append(LiveCopyTests.line(number, pad) + "\n")
                        number += 1
                    }
                    try writer.close()
                    outcome.withLock { $0 = "closed" }
                } catch { outcome.withLock { $0 = "\(error)" } }
            }
        }

        func stop() -> String {
            done.withLock { $0 = true }
            return thread.join() ? outcome.withLock { $0 } : "did not end"
        }
    }

    private static func line(_ number: Int, _ pad: Int) -> String {
        "{\"n\":\(number),\"pad\":\"\(String(repeating: "x", count: (number * 7919) % pad))\"}"
    }

    private func copy(_ from: String, to: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A file that was renamed since cp listed it is not there any more, and cp says so and goes on.
        process.arguments = ["sh", "-c", "cp -r \"$0\" \"$1\" 2> /dev/null || true", from, to]
        try process.start()
        process.waitUntilExit()
    }

    /// What is read of a copy, if it holds only lines that were sent, in order, and a gap wherever one is missing.
    private func honest(_ path: String, _ pad: Int) throws -> ReadBack? {
        let read = try ReadBack(path)
        var (next, jumps) = (0, 0)
        for (kind, record) in zip(read.kinds, read.records) where kind == .whole {
            let text = String(decoding: record, as: UTF8.self)
            guard let digits = text.dropFirst(5).split(separator: ",").first, let number = Int(digits), number >= next,
                text == LiveCopyTests.line(number, pad)
            else { return nil }
            jumps += number > next ? 1 : 0
            next = number + 1
        }
        // Of what was not copied the catalog may know.
        let gaps = read.events.filter { $0.kind == EventKind.gap }
        guard gaps.count == read.events.count, gaps.count >= jumps, gaps.count > 0 || !read.kinds.contains(.torn) else {
            return nil
        }
        return read
    }

    @Test(.timeLimit(.minutes(20))) func aCopyMadeWhileRecordingHoldsWhatWasSentAndTellsOfTheRest() throws {
        var random = SeededRandom()
        var (opened, refused, rebuilt) = (0, 0, 0)
        for round in 0..<LiveCopyTests.rounds {
            let folder = try TemporaryFolder()
            let live = "\(folder.path)/live", copied = "\(folder.path)/copy"
            let pad = [10, 400, 20_000][round % 3]
            let limit = [1, 3_000, 100_000, 6 << 20][Int.random(in: 0..<4, using: &random)]
            let recorder = Recorder(live, segmentByteLimit: limit, pad: pad)
            // On a busy machine the journal may take a while to be there at all.
            for _ in 0..<2_000 where access("\(live)/filtered/tail", F_OK) != 0 { sleepMilliseconds(10) }
            sleepMilliseconds(Int.random(in: 30...600, using: &random))
            try copy(live, to: copied)
            #expect(recorder.stop() == "closed")
            do {
                let read = try #require(try honest(copied, pad), "\(random) round \(round)")
                try goOn(copied, behind: read, pad)
                opened += 1
            } catch let error as JournalError {
                refused += 1
                #expect(error.message.contains("'reprise journal re"), "\(random) round \(round): \(error)")
                #expect(throws: JournalError.self) { try JournalWriter(directory: copied, source: .filtered) }
                guard error.message.contains("rebuild") else { continue }
                // What the command does: the catalog is made anew from what is there.
                for suffix in ["", "-wal", "-shm"] { _ = unlink(Catalog.path(journal: copied) + suffix) }
                let read = try #require(try honest(copied, pad), "\(random) round \(round), rebuilt")
                try goOn(copied, behind: read, pad)
                rebuilt += 1
            }
        }
        #expect(opened + refused == LiveCopyTests.rounds)
        // On a busy machine the catalog is copied last every time, and all copies need the rebuild.
        #expect(opened + rebuilt > 0, "\(random): none of \(refused) copies could be opened")
    }

    /// The writer goes on behind what readers saw, and the catalog says what the segments say.
    private func goOn(_ path: String, behind before: ReadBack, _ pad: Int) throws {
        let end = try Journal(directory: path).endOffset(of: .filtered)
        let writer = try JournalWriter(directory: path, source: .filtered)
        #expect(writer.endOffset == end)
        // Behind a gap at the very end the first line is not believed.
        for _ in 0..<2 { try writer.append(LiveCopyTests.line(90_000_000, pad) + "\n") }
        try writer.close()
        let after = try ReadBack(path)
        let lines = [[UInt8]](repeating: Array(LiveCopyTests.line(90_000_000, pad).utf8), count: 2)
        let whole = zip(after.kinds, after.records).filter { $0.0 == .whole }.map(\.1)
        let known = zip(before.kinds, before.records).filter { $0.0 == .whole }.map(\.1)
        #expect(whole == known + lines || !before.events.isEmpty && whole == known + lines.dropLast())
        let journal = try Journal(directory: path)
        let summary = try journal.summary(of: .filtered)
        #expect(before.events.count > 0 || summary.records == whole.count)
        for suffix in ["", "-wal", "-shm"] { _ = unlink(Catalog.path(journal: path) + suffix) }
        #expect(try journal.summary(of: .filtered) == summary)
    }

    private func threeSegments(_ path: String) throws {
        for number in 0..<3 {
            let writer = try JournalWriter(directory: path, source: .filtered)
            try writer.append("{\"n\":\(number)}\n")
            try writer.close()
        }
    }

    /// A tool that copies file by file as it lists them can take a segment before it was sealed, and the next one too.
    @Test(arguments: ["whole", "half", "empty", "with its table"])
    func aSegmentThatWasCopiedBeforeItWasSealedHoldsNobodyUp(_ state: String) throws {
        let folder = try TemporaryFolder()
        try threeSegments(folder.path)
        let path = "\(folder.path)/filtered/0000000002"
        try FileManager.default.moveItem(atPath: "\(path).zst", toPath: "\(path).open")
        let file = try SystemDisk().file("\(path).open", O_RDWR)
        let blocks = try #require(try SeekTable.read(from: file)).frames.reduce(0) { $0 + $1.storedSize }
        switch state {
        case "whole": try file.truncate(to: blocks)
        case "half": try file.truncate(to: blocks - 20)
        case "empty": try file.truncate(to: 0)
        default: break
        }
        let isLost = state == "half" || state == "empty"
        let follower = try RecordReader(journal: try Journal(directory: folder.path), source: .filtered, to: .never)
        var seen = ReadBack()
        try seen.add(follower)
        #expect(seen.records.count == (isLost ? 2 : 3))
        #expect(seen.records.last == Array("{\"n\":2}".utf8))
        // The next segment begins where a whole one ends.
        #expect(seen.events.map(\.kind) == (isLost ? ["gap"] : []))
        #expect(try ReadBack(folder.path) == seen)
        let writer = try JournalWriter(directory: folder.path, source: .filtered)
        #expect(writer.endOffset == ByteOffset(rawValue: 24))
        try writer.append("{\"n\":3}\n")
        try writer.close()
        try seen.add(follower)
        #expect(seen.records.last == Array("{\"n\":3}".utf8))
    }

    @Test func aSegmentThatIsNotThereIsNamedAndItsNumberNotGivenAgain() throws {
        let folder = try TemporaryFolder()
        try threeSegments(folder.path)
        for number in [2, 3] {
            let path = "\(folder.path)/filtered/000000000\(number).zst"
            let aside = "\(folder.path)/aside"
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            let hint = "'reprise journal rebuild'"
            // The catalog knows of the newest; of one in the middle the next one tells.
            let reader = try RecordReader(journal: Journal(directory: folder.path), source: .filtered)
            var read = ReadBack()
            try read.add(reader)
            #expect(read.records.count == 2 && reader.unread.gaps == 1 && reader.unread.bytes == 8, "\(reader.unread)")
            if number == 3 {
                let writing = #expect(throws: JournalError.self) {
                    try JournalWriter(directory: folder.path, source: .filtered)
                }
                #expect(writing?.message.contains(hint) == true)
            } else {
                // Recording goes on behind the newest; under the number stands a gap, and nothing else.
                let writer = try write(folder.path)
                #expect(writer.endOffset == ByteOffset(rawValue: 24))
                try writer.close()
                let after = try ReadBack(folder.path)
                #expect(after.records == read.records && after.events.map(\.kind) == ["gap"])
                try FileManager.default.removeItem(atPath: path)
            }
            try FileManager.default.moveItem(atPath: aside, toPath: path)
        }
    }

    private func write(_ path: String) throws -> JournalWriter {
        try JournalWriter(directory: path, source: .filtered)
    }
}
