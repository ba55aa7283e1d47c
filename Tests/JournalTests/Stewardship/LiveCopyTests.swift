import Files
import Foundation
import Glibc
import Lifecycle
import TestSupport
import Testing

@testable import Journal

/// A copy of a journal that is being recorded, by tools that know nothing of it.
@Suite(.serialized) struct LiveCopyTests {
    private static let rounds = ProcessInfo.processInfo.environment["REPRISE_TEST_ROUNDS"].flatMap(Int.init) ?? 8

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

    /// The records are those sent first, all of them up to the end, in order, and nothing else.
    private func isPrefix(_ path: String, _ pad: Int) throws -> Int? {
        let read = try ReadBack(path)
        // Of what was not copied the catalog may know.
        guard read.events.allSatisfy({ $0.kind == EventKind.gap }), read.events.count < 2,
            read.kinds.allSatisfy({ $0 == .whole })
        else { return nil }
        let isSame = read.records.enumerated().allSatisfy { $1 == Array(LiveCopyTests.line($0, pad).utf8) }
        return isSame ? read.records.count : nil
    }

    @Test(.timeLimit(.minutes(20))) func aCopyMadeWhileRecordingIsAPrefixOrSaysWhatToDo() throws {
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
                let readable = try #require(try isPrefix(copied, pad), "\(random) round \(round): no prefix")
                try goOn(copied, behind: readable, pad)
                opened += 1
            } catch let error as JournalError {
                refused += 1
                #expect(error.message.contains("'reprise journal re"), "\(random) round \(round): \(error)")
                #expect(throws: JournalError.self) { try JournalWriter(directory: copied, source: .filtered) }
                guard error.message.contains("rebuild") else { continue }
                // What the command does: the catalog is made anew from what is there.
                for suffix in ["", "-wal", "-shm"] { _ = unlink(Catalog.path(journal: copied) + suffix) }
                let readable = try #require(try isPrefix(copied, pad), "\(random) round \(round): rebuilt, no prefix")
                try goOn(copied, behind: readable, pad)
                rebuilt += 1
            }
        }
        #expect(opened + refused == LiveCopyTests.rounds)
        // On a busy machine the catalog is copied last every time, and all copies need the rebuild.
        #expect(opened + rebuilt > 0, "\(random): none of \(refused) copies could be opened")
    }

    /// The writer goes on behind what readers saw, and the catalog says what the segments say.
    private func goOn(_ path: String, behind readable: Int, _ pad: Int) throws {
        let end = try Journal(directory: path).endOffset(of: .filtered)
        let writer = try JournalWriter(directory: path, source: .filtered)
        #expect(writer.endOffset == end)
        try writer.append(LiveCopyTests.line(readable, pad) + "\n")
        try writer.close()
        #expect(try isPrefix(path, pad) == readable + 1)
        let journal = try Journal(directory: path)
        let known = try journal.summary(of: .filtered)
        #expect(known.records == readable + 1)
        for suffix in ["", "-wal", "-shm"] { _ = unlink(Catalog.path(journal: path) + suffix) }
        #expect(try journal.summary(of: .filtered) == known)
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
                // Recording goes on behind the newest, and its number is left free.
                let writer = try write(folder.path)
                #expect(writer.endOffset == ByteOffset(rawValue: 24))
                try writer.close()
                #expect(access(path, F_OK) != 0)
            }
            try FileManager.default.moveItem(atPath: aside, toPath: path)
        }
    }

    private func write(_ path: String) throws -> JournalWriter {
        try JournalWriter(directory: path, source: .filtered)
    }
}
